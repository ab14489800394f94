"""A readout from outside the package: the state at two thirds of the trial, Y = x(2T/3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.closed_forms import ValueAt
from genprop.adjoint.observation import (
    DURATION,
    GRADIENT,
    INSTANT,
    Buffer,
    Observation,
    Y,
    choose,
    instant_at,
    same,
)
from genprop.adjoint.readouts import register
from genprop.describe.spec import ReadoutSpec

if TYPE_CHECKING:
    from genprop.equations.system import HybridSystem

__all__ = ["value_at"]


def value_at(population: str, state: str = "v") -> ReadoutSpec:
    """Y = x(2T/3)."""
    return ReadoutSpec("value_at", population, state)


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """The state is kept at one instant, and pulled there in reverse."""
    value, time = system.state(spec.state), 2 * DURATION / 3
    then = same(INSTANT, instant_at(time))
    return Observation(
        spec.population,
        value=value,
        buffers=(Buffer(Y),),
        observed={Y: choose(value, Y, then)},
        pull=choose(GRADIENT, sympy.S.Zero, then),
        closed_form=ValueAt(time),
    )


register("value_at", observe)
