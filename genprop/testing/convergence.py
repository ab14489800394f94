"""How the gradient on a clock tends to the exact one as the step shrinks.

An arrival that changes sides with a spike of its target changes a delay's gradient by a finite
amount until dt is finer than the gap between the two, and a crossing that grazes the threshold
moves by more than dt. So a network need not show the order of convergence at a given dt, but many
draws of its parameters together do: those that keep the order of their events become more as dt
shrinks. A mistake, unlike either, is there in every draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from genprop.testing import contract
from genprop.testing.contract import Case
from genprop.testing.exact import exact

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.backends.reference.exact.events import ExactResult
    from genprop.runtime.simulator import Simulator

__all__ = ["Deviation", "deviations"]


@dataclass(frozen=True, slots=True)
class Deviation:
    """A gradient on a clock beside the exact one, at the parameters of one draw.

    Attributes:
        dt: step of the clock [ms].
        seed: of the draw.
        error: largest difference of an entry, relative to the parameter's largest entry; of the
            learned parameter where that is worst.
        same_spikes: whether every neuron spikes as often as in the exact solution.
    """

    dt: float
    seed: int
    error: float
    same_spikes: bool


def deviations(
    backend: str | Target, name: str, steps: Sequence[float], seeds: Iterable[int]
) -> list[Deviation]:
    """For every step [ms] and seed, how far ``backend`` is from the exact solution of ``name``."""
    due = {seed: exact(name).gradients(seed=seed) for seed in seeds}
    found: list[Deviation] = []
    for dt in steps:
        sim = contract.simulator(backend, Case(name, dt))
        found += [_deviation(sim, name, seed, result) for seed, result in due.items()]
    return found


def _deviation(sim: Simulator, name: str, seed: int, due: ExactResult) -> Deviation:
    drawn = replace(exact(name).example, seed=seed)
    sim.parameters.update(drawn.parameters())
    _, gradients = sim.gradients(drawn.batch())
    error = max(contract.distance(g, due.gradients[n]) for n, g in gradients.items())
    return Deviation(sim.dt, seed, error, _same_spikes(sim, due))


def _same_spikes(sim: Simulator, due: ExactResult) -> bool:
    return all(
        np.array_equal(np.bincount(neurons, minlength=counts.shape[1]), counts[k])
        for name, counts in sim.last.spikes.items()
        for k, (_, neurons) in enumerate(due.spikes[name])
    )
