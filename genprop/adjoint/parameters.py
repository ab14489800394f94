"""Parameters of the flow: dL/dθ += ∫ p·∂f/∂θ dt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sympy

if TYPE_CHECKING:
    from genprop.equations.system import HybridSystem

__all__ = ["parameter_flow"]


def parameter_flow(
    system: HybridSystem,
    flow: Mapping[sympy.Symbol, sympy.Expr],
    adjoints: Mapping[sympy.Symbol, sympy.Symbol],
) -> dict[sympy.Symbol, sympy.Expr]:
    """The integrand p·∂f/∂θ of every parameter that the flow reads."""
    integrands = {
        s: sympy.Add(*(adjoints[x] * sympy.diff(f, s) for x, f in flow.items()))
        for s in system.parameters
    }
    return {s: e for s, e in integrands.items() if e != 0}
