"""Derived expressions as functions of numbers, also where sympy writes distributions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
import sympy

import genprop as gp
from genprop import ms
from genprop.data.spikes import SpikeBatch
from genprop.equations.linoid import linoid
from genprop.lower.convert import convert
from genprop.numerics.callables import numpy_function
from genprop.numerics.evaluate import evaluate

X = sympy.Symbol("x", real=True)


@pytest.mark.parametrize(
    ("kinked", "slope"),
    [
        (sympy.sign(X), lambda x: 0.0),
        (sympy.Max(X, 0), lambda x: float(x > 0)),
        (sympy.Min(X, 2) * X, lambda x: 2 * x if x < 2 else 2.0),
        (sympy.Abs(X) * sympy.sign(X), lambda x: 1.0),
        (X * sympy.Max(X, 1), lambda x: 2 * x if x > 1 else 1.0),
    ],
)
def test_slopes_have_numbers_those_of_lowered_code(
    kinked: sympy.Expr, slope: Callable[[float], float]
) -> None:
    expression = sympy.diff(kinked, X)
    given = np.array([-1.5, -0.3, 0.4, 1.7, 3.1])
    (found,) = numpy_function([expression], [X])(given)
    np.testing.assert_allclose(found, [slope(x) for x in given], rtol=1e-15)
    lowered = evaluate(convert(expression), {"x": given})
    np.testing.assert_allclose(found, np.broadcast_to(lowered, given.shape), rtol=1e-15)


def test_what_divides_by_nothing_is_undefined_where_it_does_alone() -> None:
    y = sympy.Symbol("y", real=True)
    cases = sympy.Piecewise((sympy.zoo * y, sympy.Eq(X, 0)), (y / X, True))
    with np.errstate(divide="ignore"):
        whole, part = numpy_function([sympy.zoo * y + X, cases], [X, y])(np.array([0.0, 2.0]), 3.0)
    assert np.isnan(whole).all()
    np.testing.assert_array_equal(part, [np.nan, 1.5])


@pytest.mark.parametrize(
    "flow", ["10*beta*sign(v_th)/tau", "10*beta*abs(v_th)/tau", "(I + sign(v_th))/tau"]
)
def test_gradients_through_kinks_are_those_of_native(flow: str) -> None:
    cell = gp.Neuron(
        "cell", flow=f"dv/dt = {flow}", spike="v > v_th", reset="v = 0", inputs=("I",),
        parameters={"tau": gp.learn(20 * ms), "v_th": gp.learn(1.0), "beta": gp.learn(0.29)},
    )  # fmt: skip
    net = gp.Network("kinks")
    net.connect(
        net.population("input", 2, gp.spikes()), net.population("cells", 2, cell),
        gp.synapse("exp", tau=5.0), weight=gp.learn(gp.values(np.full((2, 2), 0.3))),
    )  # fmt: skip
    batch = SpikeBatch.from_events([([1.0, 4.0], [0, 1])], channels=2, duration=20.0)
    batch = dataclasses.replace(batch, targets=np.zeros((1, 2)))
    found = []
    for backend in ("reference", gp.Native(precision="double")):
        sim = gp.compile(
            net, loss=gp.MeanSquare(gp.final("cells", "v")), clock="exact", dt=1.0, duration=20.0,
            batch=1, backend=backend,
        )  # fmt: skip
        found.append(sim.gradients(batch)[1])
    assert "cells.v_th" in found[0]
    for name, gradient in found[0].items():
        np.testing.assert_allclose(gradient, found[1][name], rtol=1e-9, atol=1e-9)


def test_long_integers_and_linoids_are_numbers() -> None:
    long, rate = sympy.Integer(10) ** 300 - 3, cast("sympy.Expr", linoid(X, sympy.S.Zero))
    f = numpy_function([sympy.log(long) * X, sympy.cos(long), X / long, rate], [X])
    found = f(np.array([0.0, 2.0]))
    assert np.allclose(found[0], np.array([0.0, 2.0]) * 300 * np.log(10), rtol=1e-15)
    assert np.allclose(found[1], np.cos(1e300)) and found[2, 1] == 2e-300
    assert np.allclose(found[3], [1.0, 2 / (1 - np.exp(-2))], rtol=1e-15)
