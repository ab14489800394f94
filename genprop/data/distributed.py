"""A data set that several processes hold together, each its part of the samples.

Batches are those of the whole data set: the same samples in the same order, augmented alike,
however many processes there are. For each batch the samples go from those who hold them to those
who run them; where batches are augmented, all processes assemble and augment the whole batch.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genprop._ranks import ALONE, Ranks
from genprop.data.drawing import Batches, Seed, drawn
from genprop.data.order import bounds
from genprop.data.partial import PartialBatch
from genprop.data.parts import ends
from genprop.data.spikes import SpikeBatch
from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.data.augment import Augmentation
    from genprop.data.dataset import Dataset

__all__ = ["DistributedDataset"]

Indices = npt.NDArray[np.int64]


class DistributedDataset:
    """The part of a data set that one of ``size`` ranks holds: neighbouring samples.

    Args:
        data: the whole; nothing of it stays but labels, and copies of the rank's own samples.
        rank: which part.
        size: how many parts.

    Attributes:
        labels: (samples,) of the whole data set.
        digest: of the whole data set, for comparison with that of other ranks.
    """

    def __init__(self, data: Dataset, rank: int, size: int) -> None:
        self.name, self.classes, self.augment = data.name, data.classes, data.augment
        self.channels, self.duration = data.channels, data.duration
        self.labels = data.labels.copy()
        self.digest = _digest(data.spikes)
        self._rank, self._edges, self._groups = rank, ends(len(data), size), 1
        self._own = data.spikes.select(np.arange(self._edges[rank], self._edges[rank + 1]))
        self._ranks = ALONE

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"DistributedDataset({self.name!r}, {len(self._own)} of {len(self)} samples)"

    def connect(self, ranks: Ranks, groups: int) -> DistributedDataset:
        """Make it one with the parts of all ``ranks``; gives this one.

        Args:
            ranks: those that hold the parts.
            groups: into how many groups batches are dealt.

        Raises:
            ConfigurationError: where the ranks have parts of other data.
        """
        if self._ranks is not ALONE:
            return self
        ranks.refuse_differences({self.name: self.digest}, "give all ranks the same files and seed")
        self._groups = groups
        self._ranks = ranks
        return self

    def batches(
        self,
        size: int,
        seed: Seed | None = None,
        augment: Sequence[Augmentation] | None = None,
        *,
        first: int = 0,
    ) -> Iterator[PartialBatch]:
        """This rank's samples of the batches that the whole data set gives; on all ranks at once.

        See :meth:`~genprop.data.dataset.Dataset.batches`.
        """
        chain = self.augment if augment is None else augment
        return self._batches(drawn(len(self), size, seed, augment, first=first), chain)

    def _batches(self, batches: Batches, chain: Sequence[Augmentation]) -> Iterator[PartialBatch]:
        for indices, rng in batches:
            yield self._batch(indices, () if rng is None else chain, rng)

    def _batch(
        self, indices: Indices, chain: Sequence[Augmentation], rng: np.random.Generator | None
    ) -> PartialBatch:
        groups = ends(self._groups, self._ranks.size)
        samples = ends(len(indices), self._groups)
        ranges = [slice(samples[low], samples[high]) for low, high in itertools.pairwise(groups)]
        mine = ranges[self._rank]
        labels = self.labels[indices]
        if chain and rng is not None:
            batch = self._assembled(indices, self._ranks.gather(self._held(indices)))
            for augmentation in chain:
                batch = augmentation.apply(batch, rng, _Samples(self))  # type: ignore[arg-type]
            own = batch.select(np.arange(mine.start, mine.stop))
            labels = batch.labels
        else:
            found = self._ranks.deal([self._held(indices[one]) for one in ranges])
            own = self._assembled(indices[mine], found)
        return PartialBatch(
            own.start,
            own.times,
            own.channels,
            own.channels_total,
            own.duration,
            own.labels,
            own.targets,
            own.inputs,
            samples=len(indices),
            first=mine.start,
            groups=(groups[self._rank], groups[self._rank + 1]),
            every_label=labels,
        )

    def sample(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Times [ms] and channels of one sample, whoever holds it; on all ranks at once."""
        owner = int(self._owners(np.array([index]))[0])
        mine = owner == self._rank
        own = self._own.sample(index - self._edges[owner]) if mine else None
        found = self._ranks.gather(own)[owner]
        assert found is not None  # as it comes from the rank that has it
        return found

    def _owners(self, indices: Indices) -> Indices:
        return np.searchsorted(self._edges, indices, side="right") - 1

    def _held(self, indices: Indices) -> SpikeBatch:
        """Those of the samples that this rank has, in their order."""
        own = indices[self._owners(indices) == self._rank]
        return self._own.select(own - self._edges[self._rank])

    def _assembled(self, indices: Indices, found: Sequence[SpikeBatch]) -> SpikeBatch:
        """The samples in their order, from what each rank had of them."""
        there = np.argsort(self._owners(indices), kind="stable")
        place = np.empty_like(there)
        place[there] = np.arange(len(there))
        return _end_to_end(found).select(place)


@dataclass(frozen=True, slots=True)
class _Samples:
    """What augmentations take from the whole data set, from whoever holds it."""

    _data: DistributedDataset

    @property
    def spikes(self) -> DistributedDataset:
        return self._data

    def __getattr__(self, name: str) -> object:
        if name in ("labels", "classes", "name"):
            return getattr(self._data, name)
        raise UnsupportedError(
            f"an augmentation wants {name!r} of a data set that is divided among ranks",
            remedy="take labels, classes, name and spikes.sample(k) alone",
        )


def _end_to_end(batches: Sequence[SpikeBatch]) -> SpikeBatch:
    """The samples of all batches, one after another."""
    one = batches[0]
    counts = np.concatenate([np.diff(batch.start) for batch in batches])
    labels = [batch.labels for batch in batches if batch.labels is not None]
    targets = [batch.targets for batch in batches if batch.targets is not None]
    return SpikeBatch(
        bounds(counts),
        np.concatenate([batch.times for batch in batches]),
        np.concatenate([batch.channels for batch in batches]),
        one.channels_total,
        one.duration,
        np.concatenate(labels) if labels else None,
        np.concatenate(targets) if targets else None,
        {name: _end_to_end([batch.inputs[name] for batch in batches]) for name in one.inputs},
    )


def _digest(spikes: SpikeBatch) -> str:
    hasher = hashlib.sha256(repr((spikes.channels_total, spikes.duration)).encode())
    for array in (spikes.start, spikes.times, spikes.channels, spikes.labels, spikes.targets):
        hasher.update(b"-" if array is None else np.ascontiguousarray(array).view(np.uint8).data)
    for name, source in spikes.inputs.items():
        hasher.update(f"{name} {_digest(source)}".encode())
    return hasher.hexdigest()
