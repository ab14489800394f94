"""Integral over the trial: Y = (1/T) ∫ V dt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.adjoint.loss import DURATION, Observation

if TYPE_CHECKING:
    from genprop.describe.spec import ReadoutSpec
    from genprop.equations.system import HybridSystem

__all__ = ["observe"]


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Y is the time average of the state."""
    return Observation("accumulate", spec.population, system.state(spec.state), 1 / DURATION)
