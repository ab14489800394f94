"""Removable singularities of channels' rates are found, valued and differentiated."""

from __future__ import annotations

from decimal import Decimal, getcontext

import numpy as np
import pytest
import sympy

import genprop as gp
from genprop import ms
from genprop.describe.spec import Equation
from genprop.equations.grammar import parse_expression
from genprop.equations.linoid import cases, linoid
from genprop.errors import EquationError
from genprop.lower.convert import convert
from genprop.numerics.evaluate import evaluate

NAMES = {n: sympy.Symbol(n, real=True) for n in ("v", "v_t", "k", "m")}


def parsed(text: str) -> sympy.Expr:
    return parse_expression(Equation("x", text, "flow"), NAMES)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("0.1*(v + 40)/(1 - exp(-(v + 40)/10))", 1.0),
        ("0.01*(10 - v)/(exp((10 - v)/10) - 1)", 0.1),
        ("0.032/(exp((15 - v + v_t)/5) - 1)*(15 - v + v_t)*(1 - m)", 0.16 * 0.7),
        ("(v - v_t)/(1 - exp((v_t - v)/k))", 2.5),
        ("(exp(v) - 1)/v", 1.0),
        ("2*(exp(-(v - v_t)/k) - 1)/(v - v_t)", -0.8),
        ("3*exprel(v/2)", 3.0),
    ],
)
def test_the_quotient_has_its_limit_and_is_the_same_elsewhere(text: str, limit: float) -> None:
    found = parsed(text)
    assert found.has(linoid)
    values = {"v_t": np.array(-50.0), "k": np.array(2.5), "m": np.array(0.3)}
    hole = {"40": -40.0, "(10 -": 10.0, "15": -35.0, "v_t": -50.0}
    at = next((v for key, v in hole.items() if key in text), 0.0)
    nodes = convert(found)
    assert evaluate(nodes, values | {"v": np.array(at)}) == pytest.approx(limit, rel=1e-14)
    if "exprel" in text:
        return
    for v in (at - 30.0, at - 0.7, at + 1.3, at + 30.0):
        direct = eval(text, {"exp": np.exp, "v": v, "v_t": -50.0, "k": 2.5, "m": 0.3})
        assert evaluate(nodes, values | {"v": np.array(v)}) == pytest.approx(direct, rel=1e-12)


@pytest.mark.parametrize("text", ["v/(2 - exp(v))", "v/(1 - exp(k))", "(v + 1)/(1 - exp(v))"])
def test_what_is_a_pole_or_vanishes_elsewhere_is_left_alone(text: str) -> None:
    assert not parsed(text).has(linoid)


@pytest.mark.parametrize("k", [0, 1])
@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_values_and_slopes_are_good_to_rounding(k: int, precision: type) -> None:
    """Against quotients of 60 digits, near the hole, at both ends of the series and far out."""
    getcontext().prec = 60
    nodes = convert(cases(sympy.diff(parsed("exprel(-v)**-1"), NAMES["v"], k)))
    near = [10.0**-n for n in range(1, 12)]
    for x in [
        0.0,
        *near,
        *(-x for x in near),
        0.499,
        0.501,
        -0.499,
        -0.501,
        3.0,
        -3.0,
        80.0,
        -80.0,
    ]:
        u = Decimal(x) if x else Decimal(10) ** -25
        one = Decimal(1)
        e = (-u).exp()
        exact = u / (one - e) if k == 0 else (one - (one + u) * e) / (one - e) ** 2
        found = float(evaluate(nodes, {"v": np.array(x, precision)}))
        rounding = 40 * float(np.finfo(precision).eps)
        assert found == pytest.approx(float(exact), rel=rounding, abs=rounding), x


def neuron(flow: str, v: float) -> gp.Neuron:
    return gp.Neuron(
        "cell", flow=f"dv/dt = (I + {flow})/T", parameters={"T": 1 * ms}, initial={"v": v}
    )


def test_a_neuron_may_begin_at_a_hole_but_not_at_a_pole() -> None:
    net = gp.Network()
    net.population("a", 1, neuron("(v + 40)/(1 - exp(-(v + 40)/10)) - 9", -40.0))
    sim = gp.compile(net, clock="grid", dt=0.1, duration=1.0, batch=1, backend="reference")
    assert sim.program.population("a").states == ("v",)
    for flow in ("(v + 40)/(1 - exp(-(v + 41)/10)) + 1/(v + 40)", "1/(v + 40)"):
        other = gp.Network()
        other.population("a", 1, neuron(flow, -40.0))
        with pytest.raises(EquationError, match="no finite value"):
            gp.compile(other, clock="grid", dt=0.1, duration=1.0, batch=1, backend="reference")
