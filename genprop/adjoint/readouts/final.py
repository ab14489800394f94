"""Value at the end: Y = V(T)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.loss import Observation

if TYPE_CHECKING:
    from genprop.describe.spec import ReadoutSpec
    from genprop.equations.system import HybridSystem

__all__ = ["observe"]


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Y is the state's last value."""
    return Observation("final", spec.population, system.state(spec.state), sympy.S.One)
