"""Whether a guard can work: it reads a state, and its reset makes it false."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.equations.grammar import parse_expression, parse_guard
from genprop.equations.syntax import fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from genprop.describe.spec import NeuronSpec
    from genprop.errors import GenpropError

__all__ = ["check_guard"]


def check_guard(spec: NeuronSpec) -> Iterator[GenpropError]:
    """What is wrong with a guard whose equations parse.

    The reset is tried at the default parameters without input: on the threshold g(x) = 0, reached
    from the initial state along one state, g(h(x)) must be below 0.
    """
    if spec.spike is None:
        return
    quantities = (*spec.states, *spec.parameters, *spec.inputs)
    symbols = {q.name: sympy.Symbol(q.name, real=True) for q in quantities}
    guard = parse_guard(spec.spike, symbols)
    states = [symbols[q.name] for q in spec.states if symbols[q.name] in guard.free_symbols]
    if not states:
        yield fault(
            "the condition of a spike reads no state", spec.spike, 0, "write v > v_th, v a state"
        )
        return
    start = {symbols[q.name]: q.value for q in quantities}
    point = _on_threshold(guard, states, start)
    if point is None:
        return
    reset = {symbols[e.target]: parse_expression(e, symbols) for e in spec.reset}
    after = {**point, **{x: _number(h, point) for x, h in reset.items()}}
    value = _number(guard, after)
    if value > -1e-9:
        numbers = ", ".join(f"{x} = {after[x]:g}" for x in states)
        yield fault(
            f"after its reset the neuron is still at or above its threshold ({numbers})",
            spec.spike,
            0,
            "let the reset take a state of the condition below the threshold",
        )


def _on_threshold(
    guard: sympy.Expr, states: list[sympy.Symbol], start: Mapping[sympy.Symbol, float]
) -> dict[sympy.Symbol, float] | None:
    """A point with g = 0, by Newton's method along the first state that leads there."""
    for state in states:
        slope, point = sympy.diff(guard, state), dict(start)
        for _ in range(50):
            value, rate = _number(guard, point), _number(slope, point)
            if abs(value) < 1e-12 * (1.0 + abs(point[state])):
                return point
            if not abs(rate) > 0.0:
                break
            point[state] -= value / rate
    return None


def _number(expression: sympy.Expr, point: Mapping[sympy.Symbol, float]) -> float:
    """The value at a point; nan where it has none."""
    try:
        return float(expression.subs(list(point.items())))
    except (TypeError, ValueError):
        return float("nan")
