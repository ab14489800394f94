"""Value at the end: Y = x(T)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.describe.population import name_of
from genprop.describe.spec import ReadoutSpec

if TYPE_CHECKING:
    from genprop.adjoint.observation import Observation
    from genprop.describe.population import Population
    from genprop.equations.system import HybridSystem

__all__ = ["final", "observe"]


def final(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y = x(T), the state when the trial ends.

    Args:
        population: which neurons.
        state: of the neuron or, with its suffix, of a receptor.
    """
    return ReadoutSpec("final", name_of(population), state)


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Y is the state's last value."""
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

    value = system.state(spec.state)
    return Observation(
        spec.population,
        about="at the end of the trial",
        value=value,
        buffers=(Buffer(Y),),
        observed={Y: value},
        pull=choose(GRADIENT, sympy.S.Zero, same(INSTANT, instant_at(DURATION))),
        closed_form=ValueAt(DURATION),
    )
