"""Integral over the trial: Y = (1/T) ∫ x dt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.describe.population import name_of
from genprop.describe.spec import ReadoutSpec

if TYPE_CHECKING:
    from genprop.adjoint.observation import Observation
    from genprop.describe.population import Population
    from genprop.equations.system import HybridSystem

__all__ = ["integral", "observe"]


def integral(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y = (1/T) ∫ x dt, one per neuron, in the unit of the state.

    The area under a linear leaky state does not depend on when a spike raised it, unless so soon
    before T that some of it is cut off. So the exact gradient of what only moves spikes, as weights
    and delays of hidden neurons do, is next to 0 in a long trial, and networks hardly learn from
    it but in their last layer: prefer :func:`weighted_integral` or :func:`maximum`.

    Args:
        population: which neurons.
        state: of the neuron or, with its suffix, of a receptor.
    """
    return ReadoutSpec("integral", name_of(population), state)


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Y is the time average of the state."""
    from genprop.adjoint.closed_forms import WeightedIntegral
    from genprop.adjoint.observation import DURATION, Buffer, Observation, Y

    density = 1 / DURATION
    return Observation(
        spec.population,
        about="∫ dt over the trial",
        value=system.state(spec.state),
        buffers=(Buffer(Y, kind="sum"),),
        density=density,
        closed_form=WeightedIntegral(density),
    )
