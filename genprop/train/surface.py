"""What training asks of the object it trains and of the data it trains on.

Any simulator with these members can be trained, whatever machine is behind it, and any dataset that
gives batches can be learned from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from genprop.data.augment import Augmentation
    from genprop.data.spikes import SpikeBatch
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology

__all__ = ["Dataset", "Gradients", "Outcome", "Runnable", "Trainable"]

Gradients = dict[str, np.ndarray]
"""∂L/∂parameter by flat name."""


class Outcome(Protocol):
    """What one batch gave."""

    @property
    def loss(self) -> float:
        """The mean loss of the batch."""
        ...

    @property
    def scores(self) -> np.ndarray | None:
        """(batch, classes), larger is better; None without a loss that classifies."""
        ...

    @property
    def terms(self) -> Mapping[str, float]:
        """The loss term by term."""
        ...

    @property
    def spikes(self) -> Mapping[str, np.ndarray]:
        """(batch, n) spike counts by population."""
        ...


class Runnable(Protocol):
    """What can be evaluated: a simulator, or a network on a chip."""

    @property
    def batch(self) -> int:
        """How many samples one call takes at most."""
        ...

    def run(self, batch: SpikeBatch, /, record: Sequence[str] = ()) -> Outcome:
        """Forward only."""
        ...


class Trainable(Protocol):
    """A compiled network: gradients of a batch, one update, a forward run, its whole state."""

    @property
    def spec(self) -> NetworkSpec:
        """The frozen description."""
        ...

    @property
    def batch(self) -> int:
        """How many samples one call takes at most."""
        ...

    @property
    def dt(self) -> float:
        """Length of a step [ms]."""
        ...

    @property
    def duration(self) -> float:
        """Length of a trial [ms]."""
        ...

    @property
    def parameters(self) -> MutableMapping[str, np.ndarray]:
        """Parameters by flat name, in base units."""
        ...

    @property
    def topology(self) -> Topology:
        """The synapses of every projection, by its name."""
        ...

    @property
    def settings(self) -> dict[str, dict[str, float]]:
        """The optimiser's settings by learned parameter; what is written here counts."""
        ...

    @property
    def last(self) -> Outcome:
        """What the last batch gave."""
        ...

    def gradients(self, batch: SpikeBatch, /) -> tuple[float, Gradients]:
        """The mean loss of the batch and its gradients."""
        ...

    def step(self, gradients: Gradients | None = None) -> None:
        """One update from ``gradients``, or from those of the last batch."""
        ...

    def run(self, batch: SpikeBatch, /, record: Sequence[str] = ()) -> Outcome:
        """Forward only."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """All that is needed to go on bit by bit."""
        ...

    def restore(self, state: Mapping[str, np.ndarray], /) -> None:
        """Go back to a :meth:`state`."""
        ...


class Dataset(Protocol):
    """Samples that come in batches, in an order that follows from a seed alone."""

    def __len__(self) -> int: ...

    def batches(
        self,
        size: int,
        seed: int | tuple[int, int] | None = None,
        augment: Sequence[Augmentation] | None = None,
        *,
        first: int = 0,
    ) -> Iterable[SpikeBatch]:
        """Every sample once from batch ``first`` on, the last batch partial.

        In order without a seed; else shuffled and augmented, by ``augment`` if it is given.
        """
        ...
