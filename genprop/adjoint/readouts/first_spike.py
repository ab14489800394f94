"""Time of the first spike; T for a neuron that stays silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.loss import Observation

if TYPE_CHECKING:
    from genprop.describe.spec import ReadoutSpec
    from genprop.equations.system import HybridSystem

__all__ = ["observe"]


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Y is a time [ms]."""
    return Observation("first_spike", spec.population, sympy.S.Zero, sympy.S.One)
