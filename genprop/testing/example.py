"""A small network with everything needed to run it: loss, parameters, input and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.data.spikes import SpikeBatch

if TYPE_CHECKING:
    from genprop.describe.network import Network
    from genprop.describe.objective import Loss
    from genprop.describe.spec import NetworkSpec

__all__ = ["Example", "random_input"]

Events = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Example:
    """One network of the zoo.

    Attributes:
        name: of the example.
        network: the description.
        loss: what is minimised.
        duration: T [ms].
        inputs: per sample, per source population, spike times [ms] (rising) and channels.
        labels: (batch,).
        targets: (batch, n) or None.
        linear: whether the exact event-driven solver can run it.
        exact: whether the gradient is that of the loss (counts have a heuristic instead).
        seed: of the initial parameters.
    """

    name: str
    network: Network
    loss: Loss
    duration: float
    inputs: Sequence[Mapping[str, Events]]
    labels: np.ndarray
    targets: np.ndarray | None = None
    linear: bool = True
    exact: bool = True
    seed: int = 0

    @property
    def solver(self) -> str:
        """The solver that a clocked backend needs for it."""
        return "exact" if self.linear else "runge_kutta:4"

    @property
    def plastic(self) -> bool:
        """Whether a synapse has states on its sender's side, which not every backend runs."""
        return any(p.sender for p in self.spec().projections)

    def spec(self) -> NetworkSpec:
        """The frozen description with its loss."""
        return self.network.freeze(self.loss)

    def parameters(self) -> dict[str, np.ndarray]:
        """The initial parameters by flat name, always the same."""
        rng = np.random.default_rng(self.seed)
        return {p.name: p.initial.sample(rng, p.shape) for p in self.spec().parameters()}

    def learned(self) -> list[str]:
        """The flat names of the learned parameters."""
        return [p.name for p in self.spec().parameters() if p.learned]

    def batch(self) -> SpikeBatch:
        """The input as data: one batch, or one per source population joined."""
        sizes = {p.name: p.size for p in self.spec().populations if p.neuron is None}
        batches = {
            name: SpikeBatch.from_events(
                [sample[name] for sample in self.inputs],
                channels=size,
                duration=self.duration,
                labels=self.labels,
                targets=self.targets,
            )
            for name, size in sizes.items()
        }
        if len(batches) == 1:
            return next(iter(batches.values()))
        return SpikeBatch.join(batches, labels=self.labels, targets=self.targets)


def random_input(
    sources: Mapping[str, int], samples: int, spikes: int, until: float, seed: int
) -> list[dict[str, Events]]:
    """Uniformly random spikes: ``spikes`` per source and sample, in [0, ``until``) ms."""
    rng = np.random.default_rng(seed)
    return [
        {
            name: (np.sort(rng.uniform(0, until, spikes)), rng.integers(0, size, spikes))
            for name, size in sources.items()
        }
        for _ in range(samples)
    ]
