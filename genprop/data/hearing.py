"""What differs between two recordings of the same: microphone, loudness, silence before, tempo.

:class:`Equalise` varies the first as an augmentation, :class:`Level` and :func:`from_onset` take
the others away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genprop._checks import integer, real, within_memory
from genprop.data.altered import masked, refuse_inputs
from genprop.data.order import owners
from genprop.data.quantity import Time, in_unit
from genprop.errors import DataError
from genprop.units import Hz, Quantity, ms

if TYPE_CHECKING:
    from genprop.data.augment import Samples
    from genprop.data.dataset import Dataset
    from genprop.data.spikes import SpikeBatch

__all__ = ["Equalise", "Level", "from_onset"]

_INNER = 0.05, 0.95
"""The parts of a sample's events between which its rate is taken."""
_SHORTEST = 50.0
"""[ms] over which it is taken at least."""
_BIN, _LOUD = 10.0, 0.15
"""[ms] of a bin, and the fraction of a sample's largest rate at which it begins."""
_AT_ONCE = 4_000_000
"""Bins that are counted together, in a hundred megabytes."""


@dataclass(frozen=True, slots=True)
class Equalise:
    """Hears each sample through another microphone, which favours some channels.

    An event on channel c stays with probability 1 − depth · u(c); u is linear between ``knots``
    numbers per sample, uniform in [0, 1], evenly spaced over the channels.

    Args:
        depth: how much of a channel may be lost, in [0, 1].
        knots: how many, at least 2; more make the profile rougher.

    Source: random equalisation of recordings, as in speech recognition; here on events.
    """

    depth: float = 0.8
    knots: int = 5

    def __post_init__(self) -> None:
        real(self.depth, "Equalise(depth)", least=0.0, most=1.0, fault=DataError)
        integer(self.knots, "Equalise(knots)", least=2, fault=DataError)

    def apply(self, batch: SpikeBatch, rng: np.random.Generator, dataset: Samples) -> SpikeBatch:
        """The batch, events of each sample left out by its profile."""
        refuse_inputs(self, batch)
        lost = rng.random((len(batch), self.knots), np.float32)
        place = batch.channels * ((self.knots - 1) / max(batch.channels_total - 1, 1))
        below = np.minimum(place.astype(np.int64), self.knots - 2)
        part, own = place - below, owners(batch.start)
        profile = lost[own, below] * (1 - part) + lost[own, below + 1] * part
        remain = rng.random(len(batch.times), np.float32) >= self.depth * profile
        return masked(batch, remain)


@dataclass(frozen=True, slots=True)
class Level:
    """Thins each sample to ``rate`` events a second over all channels, where it has more.

    A sample's own rate is that between the first and the last twentieth of its events, over at
    least 50 ms; silence around it does not count.
    """

    rate: float | Quantity

    def __post_init__(self) -> None:
        in_unit(self.rate, Hz, f"rate of {self}", least=0.0)

    def apply(self, batch: SpikeBatch, rng: np.random.Generator, dataset: Samples) -> SpikeBatch:
        """The batch, each event of a sample left in with the same probability."""
        refuse_inputs(self, batch)
        counts = np.diff(batch.start)
        some = np.flatnonzero(counts)
        first, last = (_event(batch, some, part) for part in _INNER)
        length = np.maximum(np.float64(last) - first, _SHORTEST) / (_INNER[1] - _INNER[0])
        fraction = np.ones(len(batch))
        fraction[some] = in_unit(self.rate, Hz, "rate") * Hz.value * length / counts[some]
        remain = rng.random(len(batch.times), np.float32) < np.repeat(fraction, counts)
        return masked(batch, remain)


def from_onset(
    data: Dataset,
    duration: Time,
    *,
    before: Time = 30.0,
    lasting: Time | None = None,
    evenness: float = 1.0,
) -> Dataset:
    """The same samples, each moved so that its sound begins at ``before`` [ms].

    It begins with the first bin of 10 ms at which the rate over three bins reaches 15 % of the
    sample's largest. With ``lasting``, a sound of length ℓ is played (lasting/ℓ)^evenness times as
    long; ℓ is the time from its beginning to the last twentieth of the sample's events, at least
    50 ms. What comes earlier than that silence, or after ``duration``, is dropped.

    Args:
        data: of one source.
        duration: of the new samples [ms].
        before: silence before the sound [ms].
        lasting: how long a sound shall last [ms]; by default as long as it does.
        evenness: how nearly, in [0, 1]: 1 gives all sounds that length, 0.5 halves the logarithm
            of what they differ by.

    Raises:
        DataError: for several sources, a duration that is not above ``before``, or a sound that
            shall last no time.
    """
    refuse_inputs("from_onset", data.spikes)
    ends = in_unit(duration, ms, "duration", least=0.0)
    silent = in_unit(before, ms, "before", least=0.0)
    if not silent < ends:
        raise DataError(
            f"nothing is left of samples of {ends:g} ms that begin with {silent:g} ms of silence",
            remedy="from_onset(data, duration, before=…) with a longer duration",
        )
    batch, onsets = data.spikes, _onsets(data.spikes)
    factor = np.ones(len(batch))
    power = real(evenness, "from_onset(evenness)", least=0.0, most=1.0, fault=DataError)
    if lasting is not None:
        wanted = in_unit(lasting, ms, "lasting", least=0.0)
        if not wanted:
            raise DataError(
                "a sound cannot last 0 ms", remedy="from_onset(data, duration, lasting=300 * ms)"
            )
        some = np.flatnonzero(np.diff(batch.start))
        length = np.maximum(_event(batch, some, _INNER[1]) - onsets[some], _SHORTEST)
        factor[some] = (wanted / length) ** power
    counts = np.diff(batch.start)
    since = (batch.times - np.repeat(onsets, counts)) * np.repeat(factor, counts)
    times = np.clip(silent + since, -1.0, 2 * ends).astype(batch.times.dtype)
    inside = (times >= 0) & (times < ends)
    return replace(data, spikes=masked(batch, inside, times, duration=ends))


def _event(batch: SpikeBatch, samples: npt.NDArray[np.int64], part: float) -> np.ndarray:
    """The time of the event before which ``part`` of a sample's events lie, for each sample."""
    counts = np.diff(batch.start)[samples]
    return batch.times[batch.start[samples] + (part * (counts - 1)).astype(np.int64)]


def _onsets(batch: SpikeBatch) -> npt.NDArray[np.float64]:
    """When each sample's sound begins [ms]; 0 without events."""
    bins = int(batch.duration // _BIN) + 1
    within_memory(3.0 * bins, "the onset of a sample", "samples that are shorter: data.crop(…)")
    found, rows = np.zeros(len(batch)), max(_AT_ONCE // bins, 1)
    for first in range(0, len(batch), rows):
        part = batch.select(np.arange(first, min(first + rows, len(batch))))
        place = owners(part.start).astype(np.int64) * bins + (part.times // _BIN).astype(np.int64)
        rate = np.bincount(place, minlength=len(part) * bins).reshape(len(part), bins)
        smooth = np.pad(rate, ((0, 0), (1, 1)))
        smooth = smooth[:, :-2] + smooth[:, 1:-1] + smooth[:, 2:]
        loud = smooth > _LOUD * smooth.max(axis=1, keepdims=True)
        found[first : first + len(part)] = _BIN * loud.argmax(axis=1)
    return found
