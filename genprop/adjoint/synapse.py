"""At an arrival x → x + w·e: dL/dw = p·e and ∂L/∂t_arr = p·(f(x) − f(x + w e)) = dL/dd."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.system import ReceptorAdjoint
from genprop.equations.algebra import parts, simplified, substitute, symbols
from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.equations.system import HybridSystem, Receptor

__all__ = ["arrival_adjoint"]

_SMALL = 1e-4
"""Summed weights below it are taken as 0 to second order."""


def arrival_adjoint(
    system: HybridSystem, receptor: Receptor, adjoints: Mapping[sympy.Symbol, sympy.Symbol]
) -> ReceptorAdjoint:
    """What an arrival at ``receptor`` reads in reverse, per unit weight.

    Where f is affine along e the time sensitivity does not depend on what else arrives. Otherwise
    the arrivals of one instant have theirs in proportion to their weights: [f(x) − f(x + W e)]/W,
    divided out where f is a polynomial, and where it is not, −f′(x + W e/2) e for small W, so that
    W = 0 is harmless.

    Raises:
        UnsupportedError: where the flow's slope along e is infinite before anything has arrived.
    """
    total = sympy.Symbol("arrived", real=True)
    moved = {x: x + total * e for x, e in receptor.arrival.items()}
    change = sympy.Add(
        *(adjoints[x] * _fall(f, moved, total, set(system.states)) for x, f in system.flow.items())
    )
    _refuse_infinite_slope(system, receptor)
    weight = sympy.Add(*(adjoints[x] * e for x, e in receptor.arrival.items()))
    return ReceptorAdjoint(receptor.name, weight, _divided(change, total))


def _fall(
    f: sympy.Expr,
    moved: Mapping[sympy.Symbol, sympy.Expr],
    total: sympy.Symbol,
    states: set[sympy.Symbol],
) -> sympy.Expr:
    """f(x) − f(x + W e), without x where f is affine along e, as max(I + c, I) is."""
    found = f - substitute(f, moved, at_once=True)
    if found.is_polynomial(total):
        return found
    slopes = [(sympy.diff(f, x), after - x) for x, after in moved.items()]
    if any(symbols(slope) & states for slope, _ in slopes):
        return found
    return sympy.Add(*(-slope * by for slope, by in slopes))


def _divided(change: sympy.Expr, total: sympy.Symbol) -> sympy.Expr:
    """``change``/``total``, with its value where the total is 0, as the change is there."""
    if change.is_polynomial(total):
        return simplified(sympy.cancel(sympy.expand(change) / total))
    terms = parts(change) if change.is_Add else (change,)
    smooth = sympy.Add(*(t for t in terms if t.is_polynomial(total)))
    curved = sympy.Add(*(t for t in terms if not t.is_polynomial(total)))
    return _divided(smooth, total) + _quotient(curved, total)


def _quotient(change: sympy.Expr, total: sympy.Symbol) -> sympy.Expr:
    """Of a function that cannot be divided out: its slope in the middle where the total is small.

    The slope is then good to the square of the total, 1e-9; the quotient loses to rounding what its
    total is smaller than 1.
    """
    middle = substitute(sympy.diff(change, total), {total: total / 2})
    return sympy.Piecewise((change / total, sympy.Abs(total) > _SMALL), (middle, True))


def _refuse_infinite_slope(system: HybridSystem, receptor: Receptor) -> None:
    at_start = dict(system.initial)
    for x in receptor.arrival:
        for state, flow in system.flow.items():
            slope = sympy.diff(flow, x)
            value = slope if slope.is_number else substitute(slope, at_start, at_once=True)
            if value.has(sympy.zoo, sympy.nan, sympy.oo):
                raise UnsupportedError(
                    f"the slope of d{state.name}/dt = {flow} along {x.name} is infinite at "
                    f"{x.name} = {at_start[x]}, where it begins, so no gradient passes",
                    where=f"population {system.population}, receptor {receptor.name}",
                    remedy=f"keep away from there, as by sqrt({x.name} + c) with c > 0 and weights "
                    f"that do not take {x.name} below -c, or let {x.name} enter in another form",
                )
