"""The exact event-driven solver as a measure: loss, gradients and spike counts of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.adjoint.system import AdjointNetwork
    from genprop.backends.reference.exact.events import EventSimulator
    from genprop.data.spikes import SpikeBatch
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.stages.stack import Stages

__all__ = ["Counts", "ExactMeasure", "exact_solver", "fine_step", "same_counts"]

_FINEST, _MOST_STEPS = 0.01, 20_000

Arrays = Mapping[str, np.ndarray]
Counts: TypeAlias = Mapping[str, np.ndarray]
"""(samples, neurons) spikes by population."""


def exact_solver(
    spec: NetworkSpec, duration: float, dt: float | None = None
) -> tuple[EventSimulator | None, bool]:
    """The exact solver (None where a flow is not linear), and whether a loss counts spikes.

    With ``dt`` losses over time are those of the means over such steps.
    """
    from genprop.adjoint.derive import derive
    from genprop.backends.reference.exact.events import EventSimulator
    from genprop.equations.analyse import understand

    network = understand(spec)
    adjoint: AdjointNetwork = derive(network, spec)
    counted = any(term.observation.surrogate for term in adjoint.loss)
    try:
        return EventSimulator(spec, network, adjoint, duration=duration, dt=dt), counted
    except UnsupportedError:
        return None, counted


@dataclass(frozen=True, slots=True)
class ExactMeasure:
    """A solver with what stands between the parameters and the arrays that it runs with."""

    solver: EventSimulator
    spec: NetworkSpec
    stages: Stages
    topology: Topology

    def evaluate(
        self, batch: SpikeBatch, parameters: Arrays, *, gradient: bool = False
    ) -> tuple[float, Counts, dict[str, np.ndarray]]:
        """Loss, spike counts and, where wanted, the gradients of a batch."""
        flow = self.stages.forward(parameters, self.topology)
        found = self.solver.solve(
            flow.used, self._events(batch), batch.labels, batch.targets, gradient=gradient
        )
        counts = {
            p.name: np.array(
                [np.bincount(neurons, minlength=p.size) for _, neurons in found.spikes[p.name]]
            )
            for p in self.spec.populations
            if p.neuron is not None and p.neuron.spike is not None
        }
        slopes = flow.back(dict(found.gradients)) if gradient else {}
        return found.loss + flow.penalty, counts, slopes

    def _events(self, batch: SpikeBatch) -> list[dict[str, tuple[np.ndarray, np.ndarray]]]:
        sources = [p.name for p in self.spec.populations if p.neuron is None]
        return [{n: batch.source(n).sample(k) for n in sources} for k in range(len(batch))]


def same_counts(one: Counts, other: Counts) -> np.ndarray:
    """(samples,): whether every neuron has as many spikes in both."""
    size = len(next(iter(one.values()))) if one else 0
    same = np.ones(size, bool)
    for name, counts in one.items():
        same &= np.all(np.asarray(counts) == np.asarray(other[name]), axis=1)
    return same


def fine_step(dt: float, duration: float) -> float:
    """A step that divides ``dt``, near 0.01 ms, with a bounded number of steps."""
    wanted = max(min(_FINEST, dt / 10), duration / _MOST_STEPS)
    return dt / max(2, round(dt / wanted))
