"""Equations with parts that are always 0, or that only integers of any length express."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.errors import EquationError


def gradients(cell: gp.Neuron) -> dict[str, np.ndarray]:
    net = gp.Network("still")
    source, made = net.population("in", 2, gp.spikes()), net.population("b", 2, cell)
    net.connect(source, made, gp.synapse("exp"), weight=gp.learn(gp.normal(1.0, 0.5)))
    loss = gp.MeanSquare(gp.final(made, "v"))
    sim = gp.compile(net, loss=loss, dt=1.0, duration=10.0, batch=1, backend="reference")
    batch = gp.data.SpikeBatch(
        np.array([0, 1]), np.array([2.0]), np.zeros(1, np.int32), 2, 10.0, None, np.ones((1, 2))
    )
    return dict(sim.gradients(batch)[1])


def test_a_threshold_that_no_flow_moves_is_not_climbed_to() -> None:
    """g = v − v_th and dv/dt = 0: 1/ġ is of no sub-step (∞ ended in an InternalError)."""
    cell = gp.Neuron(
        "still",
        flow="dv/dt = 0/tau; da/dt = (abs(a) - a*a)/tau",
        spike="v > v_th",
        reset="v = 0; a = a + 1",
        parameters={"tau": 20 * ms, "v_th": 1.0},
        inputs=("I",),
    )
    assert all(np.all(g == 0) for g in gradients(cell).values())


def test_a_threshold_over_an_input_where_nothing_arrives_is_refused() -> None:
    cell = gp.Neuron(
        "over",
        flow="dv/dt = (I - v)/tau",
        spike="v > 1/J",
        reset="v = 0",
        parameters={"tau": 20 * ms},
        inputs=("I", "J"),
    )
    with pytest.raises(EquationError, match=r"has no value, as at (I and )?J nothing arrives"):
        cell.adjoint()


def test_slopes_at_a_pole_are_sought_of_long_numbers_too() -> None:
    """log(1e300) is of an integer that no number of numpy holds (a TypeError); v stays 0."""
    cell = gp.Neuron(
        "long",
        flow="dv/dt = (log(1e300)/10 / v**-1)/tau",
        spike="",
        parameters={"tau": gp.learn(20 * ms, min=1 * ms)},
        inputs=("I",),
    )
    assert float(gradients(cell)["b.tau"].sum()) == 0.0
