"""At an arrival x → x + w·e: dL/dw = p·e and ∂L/∂t_arr = p·(f(x) − f(x + w e)) = dL/dd."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.system import ReceptorAdjoint
from genprop.equations.algebra import simplified, substitute
from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.equations.system import HybridSystem, Receptor

__all__ = ["arrival_adjoint"]


def arrival_adjoint(
    system: HybridSystem, receptor: Receptor, adjoints: Mapping[sympy.Symbol, sympy.Symbol]
) -> ReceptorAdjoint:
    """What an arrival at ``receptor`` reads in reverse, per unit weight.

    Where f is affine along e the time sensitivity does not depend on what else arrives. Otherwise
    the arrivals of one instant have theirs in proportion to their weights, and [f(x) − f(x + W
    e)]/W must divide out exactly (as it does for polynomials), so that W = 0 is harmless.

    Raises:
        UnsupportedError: when it does not.
    """
    total = sympy.Symbol("arrived", real=True)
    moved = {x: x + total * e for x, e in receptor.arrival.items()}
    change = sympy.Add(
        *(adjoints[x] * (f - substitute(f, moved, at_once=True)) for x, f in system.flow.items())
    )
    time = sympy.cancel(sympy.expand(change) / total)
    if total in sympy.denom(sympy.together(time)).free_symbols or not time.is_polynomial(total):
        raise UnsupportedError(
            f"arrivals at {receptor.name!r} move a flow that is not a polynomial of "
            f"{_names(receptor)}",
            where=f"population {system.population}",
            remedy="let the synapse drive an input current (exp, alpha) instead",
        )
    weight = sympy.Add(*(adjoints[x] * e for x, e in receptor.arrival.items()))
    return ReceptorAdjoint(receptor.name, weight, simplified(time))


def _names(receptor: Receptor) -> str:
    return ", ".join(x.name for x in receptor.arrival)
