"""The state at all times: the loss is averaged over the trial, (1/T) ∫ loss(V(t)) dt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.loss import Observation

if TYPE_CHECKING:
    from genprop.describe.spec import ReadoutSpec
    from genprop.equations.system import HybridSystem

__all__ = ["observe"]


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """The loss sees the state at every step."""
    return Observation("trace", spec.population, system.state(spec.state), sympy.S.One)
