"""Batch mean of the number of spikes of each neuron, for regularisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.loss import Observation

if TYPE_CHECKING:
    from genprop.describe.spec import ReadoutSpec
    from genprop.equations.system import HybridSystem

__all__ = ["observe"]


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Y is a mean number of spikes per trial, with a surrogate gradient."""
    return Observation("mean_count", spec.population, sympy.S.Zero, sympy.S.One)
