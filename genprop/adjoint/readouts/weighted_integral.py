"""Integral that counts early times more: Y = (1/T) ∫ e^{−t/T} V dt (Nowotny et al. 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.loss import DURATION, TIME, Observation

if TYPE_CHECKING:
    from genprop.describe.spec import ReadoutSpec
    from genprop.equations.system import HybridSystem

__all__ = ["observe"]


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Y is the time average of the state, weighted by e^{−t/T}."""
    return Observation(
        "accumulate",
        spec.population,
        system.state(spec.state),
        sympy.exp(-TIME / DURATION) / DURATION,
    )
