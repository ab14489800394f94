"""Number of spikes. A count has no gradient: a jump of λ at each spike stands in for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.describe.population import name_of
from genprop.describe.spec import ReadoutSpec

if TYPE_CHECKING:
    from genprop.adjoint.observation import Observation
    from genprop.describe.population import Population
    from genprop.equations.system import HybridSystem

__all__ = ["observe", "spike_count"]


def spike_count(population: Population | str) -> ReadoutSpec:
    """Y = the number of spikes in the trial.

    A count has no gradient. At every spike the adjoint is moved by ∂L/∂Y, which is heuristic: it
    cannot wake a silent neuron.

    Args:
        population: neurons that spike.
    """
    return ReadoutSpec("spike_count", name_of(population))


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Y is a number of spikes, with a surrogate gradient."""
    from genprop.adjoint.closed_forms import SpikeCount
    from genprop.adjoint.observation import GRADIENT, Buffer, Observation, Y

    return Observation(
        spec.population,
        about="number of spikes",
        buffers=(Buffer(Y, kind="count"),),
        spiked={Y: Y + 1},
        count=GRADIENT,
        closed_form=SpikeCount(),
    )
