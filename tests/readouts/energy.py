"""A readout from outside the package: the energy of a state, Y = (1/T) ∫ e^{−t/T} x² dt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.observation import DURATION, TIME, Buffer, Observation, Y
from genprop.adjoint.readouts import register
from genprop.describe.spec import ReadoutSpec

if TYPE_CHECKING:
    from genprop.equations.system import HybridSystem

__all__ = ["energy"]


def energy(population: str, state: str = "v") -> ReadoutSpec:
    """Y = (1/T) ∫ e^{−t/T} x² dt."""
    return ReadoutSpec("energy", population, state)


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """What is integrated is not linear in the state: its slope is kept of every step."""
    return Observation(
        spec.population,
        value=system.state(spec.state) ** 2,
        buffers=(Buffer(Y, kind="sum"),),
        density=sympy.exp(-TIME / DURATION) / DURATION,
    )


register("energy", observe)
