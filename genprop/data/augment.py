"""Augmentations: small frozen values that make a new batch of a batch.

``apply(batch, rng, dataset)`` draws from ``rng`` alone, so the same generator gives the same batch.
Numbers are taken in the unit named; quantities (``2 * ms``) are checked. Batches with several
sources are refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from genprop._checks import integer, real, within_memory
from genprop._moved import attributes
from genprop.data.altered import last_moment, masked, rebuilt, refuse_inputs
from genprop.data.order import bounds, ordered, owners
from genprop.data.quantity import in_unit
from genprop.errors import DataError
from genprop.units import Hz, Quantity, ms

if TYPE_CHECKING:
    from genprop.data.spikes import SpikeBatch

__all__ = ["Augmentation", "Blend", "Drop", "Jitter", "Noise", "Samples", "Shift", "Warp"]

Channels = npt.NDArray[np.int32]
Floats = npt.NDArray[np.floating]
Sample = tuple[Floats, Channels]
"""Times and channels of one sample."""


class Samples(Protocol):
    """What an augmentation needs of a data set; ``Dataset`` has it."""

    @property
    def spikes(self) -> SpikeBatch:
        """The events of all samples."""
        ...

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """(samples,) the class of each sample."""
        ...

    @property
    def classes(self) -> int:
        """How many classes there are."""
        ...

    @property
    def name(self) -> str:
        """What it is called."""
        ...


class Augmentation(Protocol):
    """What a data set applies to the batches it draws for training."""

    def apply(self, batch: SpikeBatch, rng: np.random.Generator, dataset: Samples) -> SpikeBatch:
        """A new batch of as many samples, from ``rng`` alone; ``dataset`` lends other samples."""
        ...


@dataclass(frozen=True, slots=True)
class Shift:
    """Moves each sample by an integer number of channels, uniform in [−max_channels, max_channels].

    Events that leave the channels are dropped. Source: Nowotny et al. 2022 (arXiv 2212.01232).
    """

    max_channels: int

    def __post_init__(self) -> None:
        integer(self.max_channels, "Shift(max_channels)", fault=DataError)

    def apply(self, batch: SpikeBatch, rng: np.random.Generator, dataset: Samples) -> SpikeBatch:
        """The batch, each sample moved."""
        refuse_inputs(self, batch)
        reach = min(self.max_channels, batch.channels_total)
        shift = rng.integers(-reach, reach, len(batch), np.int32, endpoint=True)
        channels = batch.channels + np.repeat(shift, np.diff(batch.start))
        inside = (channels >= 0) & (channels < batch.channels_total)
        return masked(batch, inside, channels=channels)


@attributes(share="fraction")
@dataclass(frozen=True, slots=True)
class Blend:
    """Replaces samples by a blend with a random sample of the same class.

    Both are moved so that their mean channel and their mean time meet half-way, each event of both
    is kept with ``probability``, and what leaves the channels or the duration is dropped.
    A sample without events is not moved, nor is what it is blended with.

    Args:
        probability: of each event to be kept; 1/2 keeps the usual number of events.
        fraction: of the samples that are blended; the others stay as they are.

    Source: Nowotny et al. 2022 (arXiv 2212.01232).
    """

    probability: float = 0.5
    fraction: float = 0.5

    def __post_init__(self) -> None:
        _refuse_improbable(self, self.probability, self.fraction)

    def apply(self, batch: SpikeBatch, rng: np.random.Generator, dataset: Samples) -> SpikeBatch:
        """The batch, some of its samples blended with samples of ``dataset``."""
        refuse_inputs(self, batch)
        which = np.flatnonzero(rng.random(len(batch)) < self.fraction)
        partners = _partners(batch, which, rng, dataset)
        # Sample by sample: what one needs stays in the processor's cache, three times as fast.
        parts = [batch.sample(k) for k in range(len(batch))]
        for k, partner in zip(which.tolist(), partners.tolist(), strict=True):
            parts[k] = self._blend(parts[k], dataset.spikes.sample(partner), batch, rng)
        return replace(
            batch,
            start=bounds(np.array([len(times) for times, _ in parts], np.int64)),
            times=np.concatenate([batch.times[:0], *(times for times, _ in parts)]),
            channels=np.concatenate([batch.channels[:0], *(channels for _, channels in parts)]),
        )

    def _blend(
        self, mine: Sample, theirs: Sample, batch: SpikeBatch, rng: np.random.Generator
    ) -> Sample:
        """Times and channels of the blend of two samples."""
        later, higher = _half_way(mine, theirs)
        kind = batch.times.dtype
        times = np.concatenate([mine[0] + kind.type(later), theirs[0] - kind.type(later)])
        channels = np.concatenate([mine[1] + np.int32(higher), theirs[1] - np.int32(higher)])
        keep = rng.random(len(times), np.float32) < self.probability
        keep &= (times >= 0) & (times < batch.duration)
        keep &= (channels >= 0) & (channels < batch.channels_total)
        chosen = np.flatnonzero(keep)
        times = times[chosen].astype(kind, copy=False)
        return ordered(np.zeros(len(chosen), np.int32), times, channels[chosen])


@dataclass(frozen=True, slots=True)
class Jitter:
    """Moves each event in time by a normal deviate of standard deviation ``sd`` [ms].

    What would leave [0, duration) is reflected at the border, so no event is lost.
    """

    sd: float | Quantity

    def __post_init__(self) -> None:
        in_unit(self.sd, ms, f"sd of {self}", least=0.0)

    def apply(self, batch: SpikeBatch, rng: np.random.Generator, dataset: Samples) -> SpikeBatch:
        """The batch, each event moved."""
        refuse_inputs(self, batch)
        deviate = rng.standard_normal(len(batch.times), batch.times.dtype.type)
        times = batch.times + deviate * batch.times.dtype.type(in_unit(self.sd, ms, "sd"))
        np.abs(times, out=times)
        np.minimum(times, 2 * batch.duration - times, out=times)
        np.clip(times, 0, last_moment(batch), out=times)
        return rebuilt(batch, owners(batch.start), times, batch.channels)


@dataclass(frozen=True, slots=True)
class Warp:
    """Plays each sample faster or slower, and earlier or later.

    t → c + (t − c)(1 + a) + b; a is uniform in ± ``stretch`` and b in ± ``shift`` [ms], one of each
    per sample, c is ``centre`` of the trial: 0.5 its middle, 0 its start. Events that leave the
    trial are dropped.
    """

    stretch: float = 0.0
    shift: float | Quantity = 0.0
    centre: float = 0.5

    def __post_init__(self) -> None:
        in_unit(self.shift, ms, f"shift of {self}", least=0.0)
        real(self.stretch, "Warp(stretch)", least=0.0, most=1 - 1e-9, fault=DataError)
        real(self.centre, "Warp(centre)", least=0.0, most=1.0, fault=DataError)

    def apply(self, batch: SpikeBatch, rng: np.random.Generator, dataset: Samples) -> SpikeBatch:
        """The batch, the time of each sample moved and stretched."""
        refuse_inputs(self, batch)
        counts, centre = np.diff(batch.start), batch.duration * self.centre
        draws = rng.uniform(-1, 1, (2, len(batch)))
        factor = np.repeat(1 + self.stretch * draws[0], counts)
        later = np.repeat(in_unit(self.shift, ms, "shift") * draws[1], counts)
        times = (centre + (batch.times - centre) * factor + later).astype(batch.times.dtype)
        inside = (times >= 0) & (times < batch.duration)
        return masked(batch, inside, times)


@dataclass(frozen=True, slots=True)
class Drop:
    """Leaves each event out with ``probability``."""

    probability: float

    def __post_init__(self) -> None:
        _refuse_improbable(self, self.probability)

    def apply(self, batch: SpikeBatch, rng: np.random.Generator, dataset: Samples) -> SpikeBatch:
        """The batch without the events left out."""
        refuse_inputs(self, batch)
        keep = rng.random(len(batch.times), np.float32) >= self.probability
        return masked(batch, keep)


@dataclass(frozen=True, slots=True)
class Noise:
    """Adds Poisson events of ``rate`` [Hz] on every channel, uniform in time."""

    rate: float | Quantity

    def __post_init__(self) -> None:
        in_unit(self.rate, Hz, f"rate of {self}", least=0.0)

    def apply(self, batch: SpikeBatch, rng: np.random.Generator, dataset: Samples) -> SpikeBatch:
        """The batch with the events added."""
        refuse_inputs(self, batch)
        expected = in_unit(self.rate, Hz, "rate") * Hz.value * batch.channels_total * batch.duration
        within_memory(2.0 * expected * len(batch), f"{self} for every sample", "a lower rate")
        counts = rng.poisson(expected, len(batch))
        total = int(counts.sum())
        added = rng.random(total, batch.times.dtype.type) * batch.duration
        times = np.minimum(added, last_moment(batch)).astype(batch.times.dtype)
        channels = rng.integers(0, batch.channels_total, total, np.int32)
        return rebuilt(
            batch,
            np.concatenate([owners(batch.start), owners(bounds(counts))]),
            np.concatenate([batch.times, times]),
            np.concatenate([batch.channels, channels]),
        )


def _partners(
    batch: SpikeBatch, which: npt.NDArray[np.int64], rng: np.random.Generator, dataset: Samples
) -> npt.NDArray[np.int64]:
    """For each sample ``which`` of the batch a sample of the data set of the same class."""
    if batch.labels is None:
        raise DataError("a batch without labels has no class to blend within")
    by_class = np.argsort(dataset.labels, kind="stable")
    count = np.bincount(dataset.labels, minlength=dataset.classes)
    wanted = batch.labels[which]
    if which.size and (wanted.max() >= len(count) or not count[wanted].all()):
        raise DataError(
            f"{dataset.name} lacks a class of the batch to blend with",
            remedy="augment batches with the data set they were drawn from",
        )
    picked = (rng.random(len(which)) * count[wanted]).astype(np.int64)
    return by_class[(np.cumsum(count) - count)[wanted] + picked]


def _half_way(mine: Sample, theirs: Sample) -> tuple[float, int]:
    """Half the way from the centre of one sample to that of the other: [ms], and channels."""
    if not len(mine[0]) or not len(theirs[0]):
        return 0.0, 0
    way = [
        float(b.mean(dtype=np.float64) - a.mean(dtype=np.float64)) / 2
        for a, b in zip(mine, theirs, strict=True)
    ]
    return way[0], round(way[1])


def _refuse_improbable(augmentation: Augmentation, *probabilities: float) -> None:
    for p in probabilities:
        real(p, f"a probability of {augmentation!r:.60}", least=0.0, most=1.0, fault=DataError)
