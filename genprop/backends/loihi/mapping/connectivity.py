"""A projection's synapses as a list, whatever their pattern is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.limits import DELAY

if TYPE_CHECKING:
    from genprop.backends.base import Parameters
    from genprop.describe.topology import Topology
    from genprop.lower.program import Program, ProjectionProgram

__all__ = ["Connectivity", "connectivity_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Connectivity:
    """A projection's synapses as a list.

    Attributes:
        name: of the projection.
        shape: (pre, post).
        pre: (k,) senders.
        post: (k,) receivers.
        weight: (k,).
        delay: (k,) [ms], or None where all are 0.
        steps: (k,) the same in steps, or None.
        graded: whether several spikes of a step count as several.
    """

    name: str
    shape: tuple[int, int]
    pre: np.ndarray
    post: np.ndarray
    weight: np.ndarray
    delay: np.ndarray | None
    steps: np.ndarray | None
    graded: bool

    def matrix(self, values: np.ndarray) -> np.ndarray:
        """(pre, post) int64 with ``values`` at the synapses and 0 elsewhere."""
        dense = np.zeros(self.shape, np.int64)
        dense[self.pre, self.post] = values
        return dense


def connectivity_of(
    projection: ProjectionProgram,
    program: Program,
    topology: Topology,
    parameters: Parameters,
    graded: bool,
) -> Connectivity:
    """The synapses of a projection; ``graded`` says that counts of input spikes multiply.

    Delays beyond the chip's are its longest, where :func:`check` did not refuse them.
    """
    synapses = topology[projection.name]
    shape = (synapses.pre, synapses.post)
    pre, post = synapses.all_pairs()
    weight = np.asarray(parameters[projection.weight], np.float64).ravel()
    counts = graded and program.population(projection.pre).source
    if not projection.delay:
        return Connectivity(projection.name, shape, pre, post, weight, None, None, counts)
    delay = np.asarray(parameters[projection.delay], np.float64).ravel()
    steps = program.grid.delay_steps(delay, DELAY.highest).astype(np.int64)
    return Connectivity(projection.name, shape, pre, post, weight, delay, steps, counts)
