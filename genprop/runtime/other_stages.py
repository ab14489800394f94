"""A simulator beside another, of the same engine, parameters and synapses, with other stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.runtime.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genprop.stages.base import Stage

__all__ = ["with_stages"]


def with_stages(sim: Simulator, stages: Sequence[Stage]) -> Simulator:
    """The network of ``sim`` with other ``stages``, and the same parameters, not a copy of them."""
    made = Simulator(
        sim.spec,
        sim.program,
        sim.engine,
        batch=sim.batch,
        seed=sim.seed,
        events=sim.events,
        target=sim.target,
        bundle=sim.bundle,
        stages=stages,
    )
    made.parameters, made.topology = sim.parameters, sim.topology
    return made
