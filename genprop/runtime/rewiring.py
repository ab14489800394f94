"""Other synapses for a projection of a simulator, with what belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from genprop.errors import DescriptionError, did_you_mean
from genprop.runtime.counted import count_from_now
from genprop.stages.rewire import carry

if TYPE_CHECKING:
    import numpy as np

    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Synapses
    from genprop.lower.program import Program
    from genprop.runtime.parameters import Parameters
    from genprop.stages.rewire import Rewired

__all__ = ["rewire"]


class Rewirable(Protocol):
    """A simulator, as far as its synapses go."""

    spec: NetworkSpec
    topology: dict[str, Synapses]
    parameters: Parameters
    optimiser: dict[str, np.ndarray]
    program: Program
    updates: int


def rewire(sim: Rewirable, projection: str, moved: Rewired) -> None:
    """Give a projection other synapses; what stays keeps its parameters and optimiser states.

    Raises:
        DescriptionError: for another number of synapses, or a projection that is dense or unknown.
    """
    if projection not in sim.topology:
        raise DescriptionError(
            f"there is no projection {projection!r}", remedy=did_you_mean(projection, sim.topology)
        )
    found = sim.spec.projection(projection)
    names = sim.spec.synaptic(found)
    if moved.synapses.digest() != sim.topology[projection].digest():
        count_from_now(sim, names)
    carry(projection, names, sim.topology[projection], moved, sim.parameters.arrays, sim.optimiser)
    sim.topology[projection] = moved.synapses
    for name, value in moved.values.items():
        sim.parameters[name] = value
    sim.parameters.clip()
