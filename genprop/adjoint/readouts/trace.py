"""The state at all times: the loss is averaged over the trial, (1/T) ∫ loss(x(t)) dt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.describe.population import name_of
from genprop.describe.spec import ReadoutSpec

if TYPE_CHECKING:
    from genprop.adjoint.observation import Observation
    from genprop.describe.population import Population
    from genprop.equations.system import HybridSystem

__all__ = ["observe", "trace"]


def trace(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y(t) = x(t): the loss is averaged over time, (1/T) ∫ loss(x(t)) dt.

    Targets may then be ``(batch, n)``, the same at all times, or ``(batch, steps, n)``.

    Args:
        population: which neurons.
        state: of the neuron or, with its suffix, of a receptor.
    """
    return ReadoutSpec("trace", name_of(population), state)


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """The loss sees the state at every instant."""
    from genprop.adjoint.closed_forms import LossOverTime
    from genprop.adjoint.observation import Observation

    return Observation(
        spec.population,
        about="at every instant",
        value=system.state(spec.state),
        stepwise=True,
        closed_form=LossOverTime(),
    )
