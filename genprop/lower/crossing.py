"""Where inside its step of the grid a spike crosses the threshold, and what the end sees of it.

The grid resets and sends at t_{n+1} what crossed its guard g at t* = t_{n+1} − r. Its gradient is
that of a network without steps in which each spike acts later than its crossing by its own r, which
stays when parameters move: the crossing moves, and with it the reset, by −(∂g/∂x) δx/ġ. So what
moving the reset costs is taken from the states at t_{n+1}, where it happens, and ∂g/∂x is that of
the guard at t*, along the flow A of the step,

    ∂/∂x g(e^{−Ar} x) = ∂g/∂x − r ∂ġ/∂x + r²/2 ∂g̈/∂x + O(r³/τ³).

Both belong together: then moving all inputs of a trial in time moves all that follows, which costs
nothing where the loss does not look at the clock.

Arrivals of the grid are rounded to steps, so that ġ itself is known to what it changes in a step or
two at best: the jump divides by ġ, and by 2 |g̈| dt where that is more. It is, where the summit of
the guard would lie less than two steps after the crossing, which then grazes the threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import sympy

from genprop.equations.algebra import simplified, substitute
from genprop.lower.convert import convert
from genprop.lower.given import FRACTION, RATE, crossing_name
from genprop.lower.nodes import Add, Assign, Call, Expr, Multiply, Name, Negate, Number

if TYPE_CHECKING:
    from collections.abc import Callable

    from genprop.equations.system import HybridSystem

__all__ = ["GridCrossing", "grid_crossing"]

GRAZING = 2.0
"""How many steps before its summit a guard that is crossed is taken to graze the threshold."""
_LATE = "crossing_late"
_R = sympy.Symbol(_LATE, real=True)


@dataclass(frozen=True, slots=True)
class GridCrossing:
    """Of one population: columns of the spike's tape, and the guard as the end of a step sees it.

    ``tape`` reads ``fraction`` and states by :func:`crossing_name`. ``gradient`` is by state,
    ``slopes`` by parameter; they read its ``crossing_late``, r [ms].
    """

    tape: tuple[Assign, ...]
    gradient: Mapping[sympy.Symbol, sympy.Expr]
    slopes: Mapping[sympy.Symbol, sympy.Expr]


def grid_crossing(
    system: HybridSystem,
    dt: float,
    least_rate: float,
    at_guard: Callable[[sympy.Expr], sympy.Expr],
) -> GridCrossing:
    """The crossing of a linear population on steps of ``dt`` [ms]; ``at_guard`` puts g = 0."""
    guard = cast("sympy.Expr", sympy.sympify(system.guard))
    rate = _along(guard, system)
    change = _along(rate, system)
    gradient = {
        x: sympy.diff(guard, x) - _grown(sympy.diff(rate, x), simplified(sympy.diff(change, x)))
        for x in system.states
    }
    slopes = {s: sympy.diff(guard, s) - _R * sympy.diff(rate, s) for s in system.parameters}
    there = {x: sympy.Symbol(crossing_name(x.name), real=True) for x in system.states}
    speed, bend = (convert(substitute(at_guard(e), there)) for e in (rate, change))
    known = Call("max", (speed, Call("abs", (_times(GRAZING * dt, bend),))))
    before = Add((Number(1.0), Negate(Name(FRACTION))))
    tape = (
        Assign(_LATE, _times(dt, before)),
        Assign(RATE, Call("max", (known, Number(least_rate)))),
    )
    return GridCrossing(tape, gradient, slopes)


def _grown(first: sympy.Expr, second: sympy.Expr) -> sympy.Expr:
    """Its r ∂ġ/∂x − r²/2 ∂g̈/∂x, the minus outside where the first has one."""
    if first.could_extract_minus_sign():
        return -_R * (-first + _R / 2 * second)
    return _R * (first - _R / 2 * second)


def _along(expression: sympy.Expr, system: HybridSystem) -> sympy.Expr:
    """d/dt along the flow."""
    terms = (sympy.diff(expression, x) * f for x, f in system.flow.items())
    return sympy.Add(*terms)


def _times(factor: float, x: Expr) -> Expr:
    return x if factor == 1.0 else Multiply((Number(factor), x))
