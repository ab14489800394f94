"""Number of spikes. A count has no gradient: a jump of λ at each spike stands in for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.loss import Observation

if TYPE_CHECKING:
    from genprop.describe.spec import ReadoutSpec
    from genprop.equations.system import HybridSystem

__all__ = ["observe"]


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Y is a number of spikes, with a surrogate gradient."""
    return Observation("count", spec.population, sympy.S.Zero, sympy.S.One)
