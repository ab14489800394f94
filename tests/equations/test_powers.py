"""Powers of numbers that come of substituting are within double precision, or not written."""

from __future__ import annotations

import pytest
import sympy

import genprop as gp
from genprop import ms
from genprop.equations.algebra import substitute

v, w = sympy.symbols("v w", real=True)
HUGE = sympy.Integer(10) ** 300


@pytest.mark.parametrize(
    ("power", "values", "expected"),
    [
        ((HUGE - v) ** (HUGE - v), {v: 0}, sympy.nan),
        (1 + (HUGE - v) ** (v - HUGE), {v: 0}, 1),
        (1 + w**HUGE, {w: sympy.Rational(1, 2)}, 1),
        (1 + w**HUGE, {w: 1}, 2),
        (1 + w**HUGE, {w: v}, 1 + v**HUGE),
        (w**v, {w: 3, v: 4}, 81),
        ((w**v) ** v, {w: 3, v: 400}, sympy.nan),
        (w**v, {w: 0.0, v: 0.0}, 1.0),
        (w**v, {w: 3}, sympy.Integer(3) ** v),
        (v + sympy.sqrt(w), {w: -9}, sympy.nan),
        (v + sympy.sqrt(w), {w: 9}, v + 3),
    ],
)
def test_what_is_beyond_all_numbers_is_not_written_digit_by_digit(
    power: sympy.Expr, values: dict[sympy.Symbol, float], expected: sympy.Expr
) -> None:
    assert substitute(power, {x: sympy.sympify(n) for x, n in values.items()}) == expected


def test_the_adjoint_of_a_reset_to_an_infinite_power_ends() -> None:
    """(1e300 − v)**(1e300 − v) at v = 0 has more digits than a memory holds."""
    neuron = gp.Neuron(
        "powers",
        flow="dv/dt = (I - v)/tau; da/dt = (1e300 - v)**(1e300 - v)/tau",
        spike="v > 1",
        reset="v = 0; a = a + 1",
        parameters={"tau": gp.learn(20 * ms)},
    )
    assert "nan" in str(neuron.adjoint())


def test_a_reset_to_where_a_root_has_no_value_is_derived_at_once() -> None:
    """sqrt(v) after v = −9 was 3i, with which polynomials took a minute."""
    neuron = gp.Neuron(
        "roots",
        flow="dv/dt = (I - v)/tau; da/dt = (I - v + v**0.5)/tau",
        spike="v > a**3",
        reset="v = 1 - 10; a = a + 1",
        parameters={"tau": 20 * ms},
    )
    assert "nan" in str(neuron.adjoint())
