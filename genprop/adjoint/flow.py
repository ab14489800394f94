"""Between events: −ṗ = (∂f/∂x)ᵀ p (maths: the hybrid-system form)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy

__all__ = ["adjoint_flow"]


def adjoint_flow(
    states: Sequence[sympy.Symbol],
    flow: Mapping[sympy.Symbol, sympy.Expr],
    adjoints: Mapping[sympy.Symbol, sympy.Symbol],
) -> dict[sympy.Symbol, sympy.Expr]:
    """−ṗ per adjoint, for the flow given (free or held)."""
    return {
        adjoints[x]: sympy.Add(*(adjoints[y] * sympy.diff(flow[y], x) for y in states))
        for x in states
    }
