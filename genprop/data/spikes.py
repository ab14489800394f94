"""Spike trains of a batch, as flat arrays, and what they become on a grid of steps.

Several source populations: a :class:`SpikeBatch` may carry ``inputs``, one batch per population.
:meth:`SpikeBatch.join` makes such a batch, :meth:`SpikeBatch.source` gives the events of one
population and works for a batch with a single source too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from genprop._checks import integer
from genprop.data.batch_rules import (
    Floats,
    Integers,
    integer_channels,
    integer_labels,
    integers,
    pairs,
    real_times,
    refuse_bad_auxiliaries,
    refuse_bad_events,
    refuse_range,
)
from genprop.data.order import bounds, gather, ordered, owners
from genprop.data.quantity import Time, in_unit
from genprop.data.steps import StepEvents, steps_of
from genprop.errors import DataError, did_you_mean
from genprop.units import ms

__all__ = ["SpikeBatch"]


@dataclass(frozen=True, slots=True, eq=False)
class SpikeBatch:
    """The events of a batch of samples, sorted by (sample, time).

    Sample k owns the events ``start[k]:start[k + 1]``; a sample without events is legal.

    Attributes:
        start: (batch + 1,) int64, where each sample's events begin; ``start[0]`` is 0.
        times: (events,) float32 or float64 [ms], in [0, duration), rising within a sample.
        channels: (events,) int32, in [0, channels_total).
        channels_total: how many channels there are.
        duration: how long a sample lasts [ms].
        labels: (batch,) int64, not negative, or None; how many classes there are is not known here.
        targets: None, or float (batch, n) or (batch, steps, n).
        inputs: one batch per source population where a network has several, else empty.

    Raises:
        DataError: for arrays that break one of these rules, naming the sample and the event.
    """

    start: npt.NDArray[np.int64]
    times: Floats
    channels: npt.NDArray[np.int32]
    channels_total: int
    duration: float
    labels: npt.NDArray[np.int64] | None = None
    targets: Floats | None = None
    inputs: Mapping[str, SpikeBatch] = field(default_factory=lambda: dict[str, SpikeBatch]())

    def __post_init__(self) -> None:
        total = integer(self.channels_total, "channels_total", most=2**31 - 1)
        object.__setattr__(self, "channels_total", total)
        object.__setattr__(self, "start", integers(self.start, "start"))
        object.__setattr__(self, "times", real_times(self.times))
        object.__setattr__(self, "duration", in_unit(self.duration, ms, "duration"))
        if self.labels is not None:
            object.__setattr__(self, "labels", integer_labels(np.asarray(self.labels)))
        if self.targets is not None:
            object.__setattr__(self, "targets", np.asarray(self.targets))
        channels = np.asarray(self.channels)
        if channels.dtype != np.int32:  # checked before what does not fit is cut off
            channels = integers(channels, "channels")
        refuse_bad_events(self.start, self.times, channels, total, self.duration)
        object.__setattr__(self, "channels", channels.astype(np.int32, copy=False))
        sizes = {name: len(batch) for name, batch in self.inputs.items()}
        refuse_bad_auxiliaries(len(self), self.labels, self.targets, sizes)

    def __len__(self) -> int:
        return len(self.start) - 1

    def __repr__(self) -> str:
        return f"<{self}>"

    @property
    def whole_size(self) -> int:
        """Samples of the batch; in a part of one (:class:`PartialBatch`), of the whole."""
        return len(self)

    @property
    def whole_labels(self) -> npt.NDArray[np.int64] | None:
        """Labels of the batch, likewise."""
        return self.labels

    @property
    def values(self) -> None:
        """None: these spikes carry nothing."""
        return None

    def __str__(self) -> str:
        if self.inputs:
            sources = "; ".join(f"{name}: {batch}" for name, batch in self.inputs.items())
            return f"SpikeBatch of {len(self)} samples from {len(self.inputs)} sources ({sources})"
        return (
            f"SpikeBatch of {len(self)} samples, {self.channels_total} channels, "
            f"{len(self.times)} events, {self.duration:g} ms"
        )

    @staticmethod
    def from_events(
        events: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]],
        *,
        channels: int,
        duration: Time,
        labels: npt.ArrayLike | None = None,
        targets: Floats | None = None,
    ) -> SpikeBatch:
        """A batch from one pair (times [ms], channels) per sample, in any order of time.

        Args:
            events: per sample the times (n,) and the channels (n,).
            channels: how many channels there are.
            duration: how long a sample lasts [ms].
            labels: (batch,) integers, or None.
            targets: see the class.

        Raises:
            DataError: for times and channels of unequal length, or out of range.
        """
        duration = in_unit(duration, ms, "duration")
        channels = integer(channels, "channels", most=2**31 - 1)
        events = pairs(events)
        times = [np.atleast_1d(real_times(t)) for t, _ in events]
        lines = [
            integer_channels(np.atleast_1d(np.asarray(c)), k) for k, (_, c) in enumerate(events)
        ]
        for k, (t, c) in enumerate(zip(times, lines, strict=True)):
            if t.shape != c.shape or t.ndim != 1:
                raise DataError(
                    f"sample {k} has times of shape {t.shape} and channels of shape {c.shape}",
                    where=f"sample {k}",
                    remedy="give both as one-dimensional arrays of equal length",
                )
        start = bounds(np.array([len(t) for t in times], np.int64))
        small = all(t.dtype.kind == "f" and t.dtype.itemsize <= 4 for t in times)
        kind = np.float32 if small else np.float64
        flat_times = np.concatenate([np.empty(0, kind), *times]).astype(kind)
        flat_lines = np.concatenate([np.empty(0, np.int64), *lines])
        refuse_range(start, flat_times, flat_lines, channels, duration)
        flat_times, flat_channels = ordered(owners(start), flat_times, flat_lines.astype(np.int32))
        classes = None if labels is None else np.asarray(labels)
        return SpikeBatch(
            start, flat_times, flat_channels, channels, duration, integer_labels(classes), targets
        )

    @staticmethod
    def join(
        inputs: Mapping[str, SpikeBatch],
        *,
        labels: npt.ArrayLike | None = None,
        targets: Floats | None = None,
    ) -> SpikeBatch:
        """One batch for several source populations, by the populations' names.

        Labels and targets are those given, else those of the first input that has any.

        Raises:
            DataError: for inputs that differ in the number of samples or in duration.
        """
        if not inputs:
            raise DataError("no inputs were given", remedy="name at least one source population")
        members = list(inputs.values())
        if len({(len(m), m.duration) for m in members}) > 1:
            facts = ", ".join(f"{n}: {len(m)} × {m.duration:g} ms" for n, m in inputs.items())
            raise DataError(
                f"the inputs differ in samples or duration ({facts})",
                remedy="give every source the same samples and duration",
            )
        first = members[0]
        known = [m.labels for m in members if m.labels is not None]
        aims = [m.targets for m in members if m.targets is not None]
        return SpikeBatch(
            np.zeros(len(first) + 1, np.int64),
            np.empty(0, np.float32),
            np.empty(0, np.int32),
            1,
            first.duration,
            integer_labels(np.asarray(labels))
            if labels is not None
            else (known[0] if known else None),
            targets if targets is not None else (aims[0] if aims else None),
            dict(inputs),
        )

    def source(self, name: str) -> SpikeBatch:
        """The events of the source population ``name``: its input, or the batch itself if alone.

        Raises:
            DataError: where the batch has inputs and none of that name.
        """
        if not self.inputs:
            return self
        if name not in self.inputs:
            raise DataError(
                f"the batch has no events for the population {name!r}",
                remedy=did_you_mean(name, self.inputs),
            )
        return self.inputs[name]

    def sample(self, k: int) -> tuple[Floats, npt.NDArray[np.int32]]:
        """Times (n,) [ms] and channels (n,) of sample k, as views."""
        own = slice(self.start[k], self.start[k + 1])
        return self.times[own], self.channels[own]

    def select(self, indices: Integers | Sequence[int]) -> SpikeBatch:
        """The batch of the samples ``indices``, in that order; a sample may be taken repeatedly.

        Raises:
            DataError: for an index that is no sample.
        """
        chosen = integers(np.atleast_1d(np.asarray(indices)), "indices of samples")
        if chosen.ndim != 1:
            raise DataError("indices of samples are one list", remedy="give integers from 0")
        outside = np.flatnonzero((chosen < 0) | (chosen >= len(self)))
        if outside.size:
            raise DataError(
                f"sample {chosen[outside[0]]} was requested, but there are {len(self)}",
                where=f"indices[{outside[0]}]",
                remedy=f"give indices from 0 to {len(self) - 1}",
            )
        start, times, channels = gather(self.start, self.times, self.channels, chosen)
        return SpikeBatch(
            start,
            times,
            channels,
            self.channels_total,
            self.duration,
            None if self.labels is None else self.labels[chosen],
            None if self.targets is None else self.targets[chosen],
            {name: batch.select(chosen) for name, batch in self.inputs.items()},
        )

    def crop(self, duration: Time) -> SpikeBatch:
        """The same samples for ``duration`` ms: what happens later is dropped (longer: silence)."""
        duration = in_unit(duration, ms, "duration")
        keep = self.times < duration
        before = bounds(keep)
        return replace(
            self,
            start=before[self.start],
            times=self.times[keep],
            channels=self.channels[keep],
            duration=duration,
            inputs={name: batch.crop(duration) for name, batch in self.inputs.items()},
        )

    def steps(self, dt: Time, events: str = "merge") -> StepEvents:
        """The events on a grid of ``dt`` ms, sorted by (sample, step, channel).

        An event at time t falls in step floor(t/dt); see :func:`genprop.data.steps.steps_of` for
        how rounding is kept from moving an event that lies on the boundary of two steps.

        Args:
            dt: length of a step [ms].
            events: ``"merge"`` makes several events of a channel in one step a single one,
                ``"sum"`` keeps each.
        """
        return steps_of(
            self.start,
            self.times,
            self.channels,
            channels_total=self.channels_total,
            duration=self.duration,
            dt=in_unit(dt, ms, "dt"),
            events=events,
        )
