"""Labelled samples of spikes: batches of them, parts of them, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genprop._checks import integer, refuse_unlike
from genprop.data import parts
from genprop.data.altered import pooled
from genprop.data.batch_rules import integers
from genprop.data.drawing import Batches, Seed, drawn
from genprop.errors import DataError

if TYPE_CHECKING:
    from genprop.data.augment import Augmentation
    from genprop.data.quantity import Time
    from genprop.data.spikes import SpikeBatch

__all__ = ["Dataset"]

Indices = npt.NDArray[np.integer] | Sequence[int]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Labelled samples; ``print(dataset)`` says what they are.

    Attributes:
        spikes: the events of all samples; their ``labels`` are the classes.
        classes: how many classes there are.
        name: what to call it.
        label_names: one per class, or empty.
        speakers: (samples,) int64, who (or what session) made each sample, or None.
        augment: applied in order to batches that are drawn with a seed.

    Raises:
        DataError: for labels that are missing or no class, or names and speakers that do not fit.
    """

    spikes: SpikeBatch
    classes: int
    name: str = "data"
    label_names: tuple[str, ...] = ()
    speakers: npt.NDArray[np.int64] | None = None
    augment: tuple[Augmentation, ...] = ()

    def __post_init__(self) -> None:
        refuse_unlike(self.spikes, "start select", "Dataset(spikes, …)", "a SpikeBatch", DataError)
        object.__setattr__(self, "label_names", tuple(self.label_names))
        object.__setattr__(self, "augment", tuple(self.augment))
        if self.speakers is not None:
            object.__setattr__(self, "speakers", integers(self.speakers, "speakers"))
        classes = integer(self.classes, "classes", least=1, most=2**31 - 1)
        object.__setattr__(self, "classes", classes)
        _refuse_inconsistency(self)

    def __len__(self) -> int:
        return len(self.spikes)

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """(samples,) int64, the class of each sample."""
        labels = self.spikes.labels
        return np.zeros(0, np.int64) if labels is None else labels

    @property
    def channels(self) -> int:
        """How many channels there are."""
        return self.spikes.channels_total

    @property
    def duration(self) -> float:
        """How long a sample lasts [ms]."""
        return self.spikes.duration

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {self.spikes!r}, {self.classes} classes)"

    def __str__(self) -> str:
        counts = np.diff(self.spikes.start)
        per_class = np.bincount(self.labels, minlength=self.classes)
        lines = [
            f"{self.name}: {len(self)} samples of {self.duration:g} ms",
            f"  classes   {self.classes} ({_range(per_class)} samples each)"
            f"{_some(self.label_names)}",
            f"  channels  {self.channels}",
            f"  events    {counts.sum()}, {counts.mean() if len(self) else 0:.1f} per sample "
            f"({_range(counts)}), {np.count_nonzero(counts == 0)} samples without any",
        ]
        if self.speakers is not None:
            who, how_many = np.unique(self.speakers, return_counts=True)
            lines.append(f"  speakers  {len(who)} ({_range(how_many)} samples each)")
        if self.augment:
            lines.append(f"  augment   {', '.join(map(repr, self.augment))}")
        return "\n".join(lines)

    def batches(
        self,
        size: int,
        seed: Seed | None = None,
        augment: Sequence[Augmentation] | None = None,
        *,
        drop_last: bool = False,
        first: int = 0,
    ) -> Iterator[SpikeBatch]:
        """The samples once, ``size`` at a time; the last batch may be smaller.

        Without a seed: in order, as they are. With one: shuffled and augmented. The order is a
        function of the seed alone, and what is done to batch b of (seed, b) alone: a run that
        goes on at batch ``first`` sees bit for bit what it would have seen.

        Args:
            size: samples in a batch.
            seed: a number, or (seed, epoch) so that each epoch has its own order; ``seed`` is
                ``(seed, 0)``.
            augment: instead of the data set's own; ``()`` for none.
            drop_last: leave out a last batch that would be smaller.
            first: number of the first batch given.

        Raises:
            DataError: for a size below 1, a negative seed, or augmentation without a seed.
        """
        batches = drawn(len(self), size, seed, augment, drop_last=drop_last, first=first)
        return _augmented(self, batches, augment)

    def select(self, indices: Indices) -> Dataset:
        """The data set of the samples ``indices``, in that order."""
        chosen = np.asarray(indices)
        if chosen.dtype == np.bool_:
            chosen = np.flatnonzero(chosen)
        speakers = None if self.speakers is None else self.speakers[chosen.astype(np.int64)]
        return replace(self, spikes=self.spikes.select(chosen), speakers=speakers)

    def crop(self, duration: Time) -> Dataset:
        """The same samples for ``duration`` ms: later events are dropped (longer: silence)."""
        return replace(self, spikes=self.spikes.crop(duration))

    def pooled(self, pool: int) -> Dataset:
        """The same samples with every ``pool`` neighbouring channels as one.

        Raises:
            DataError: for a number below 1, or several sources.
        """
        return replace(self, spikes=pooled(self.spikes, pool))

    def changed(self, *by: Augmentation, seed: int = 0) -> Dataset:
        """The samples as ``by`` changes them, once and for all; drawn from ``seed`` alone."""
        rng = np.random.default_rng(integer(seed, "changed(seed=…)", fault=DataError))
        found = self
        for one in by:
            found = replace(found, spikes=one.apply(found.spikes, rng, found))
        return found

    def with_augment(self, *augment: Augmentation) -> Dataset:
        """The same samples, augmented this way when batches are drawn with a seed."""
        return replace(self, augment=augment)

    def with_targets(self, targets: npt.ArrayLike | None) -> Dataset:
        """The same samples with targets for losses, (samples, n) or (samples, steps, n).

        Raises:
            DataError: for another number of them.
        """
        return replace(self, spikes=replace(self.spikes, targets=targets))

    def split(
        self, fraction: float, seed: int = 0, *, stratify: bool = True
    ) -> tuple[Dataset, Dataset]:
        """Two parts, the first with ``fraction`` of the samples (of every class if stratified).

        Raises:
            DataError: for a fraction that is not between 0 and 1.
        """
        first = parts.fraction_of(self.labels, fraction, seed, stratify=stratify)
        return self.select(np.flatnonzero(first)), self.select(np.flatnonzero(~first))

    def split_off(self, fraction: float, name: str, seed: int = 0) -> tuple[Dataset, Dataset]:
        """The rest, and a part with ``fraction`` of every class; 0 leaves the part empty.

        Raises:
            DataError: for a fraction that is not in [0, 1), which it calls ``name``.
        """
        parts.refuse_all(fraction, name)
        if fraction == 0:
            return self, self.select(np.array([], np.int64))
        return self.split(1 - fraction, seed)

    def split_speakers(
        self, held_out: int | Sequence[int], seed: int = 0
    ) -> tuple[Dataset, Dataset]:
        """Two parts without a common speaker: the rest, and the speakers held out.

        Args:
            held_out: the speakers' numbers, or how many to draw with ``seed``.
            seed: draws the speakers if only their number is given.

        Raises:
            DataError: without speakers, for unknown ones, or if nobody would be left.
        """
        held = parts.speakers_of(self._speakers(), held_out, seed)
        return self.select(np.flatnonzero(~held)), self.select(np.flatnonzero(held))

    def leave_one_speaker_out(self) -> Iterator[tuple[int, Dataset, Dataset]]:
        """For each speaker in turn: the number, everybody else's samples, and the speaker's own.

        Raises:
            DataError: without speakers, or with a single one.
        """
        speakers = self._speakers()
        for speaker in np.unique(speakers).tolist():
            rest, own = self.split_speakers([speaker])
            yield speaker, rest, own

    def folds(self, k: int, seed: int = 0) -> Iterator[tuple[Dataset, Dataset]]:
        """Gives k pairs (the rest, one fold): each sample in one fold, each class spread evenly.

        Raises:
            DataError: for fewer than 2 folds or more folds than samples.
        """
        fold = parts.fold_numbers(self.labels, k, seed)
        for number in range(k):
            yield (
                self.select(np.flatnonzero(fold != number)),
                self.select(np.flatnonzero(fold == number)),
            )

    def _speakers(self) -> npt.NDArray[np.int64]:
        if self.speakers is None:
            raise DataError(
                f"{self.name} does not say who made its samples",
                remedy="use split(...) or folds(...), which need no speakers",
            )
        return self.speakers


def _augmented(
    data: Dataset, batches: Batches, augment: Sequence[Augmentation] | None
) -> Iterator[SpikeBatch]:
    chain = data.augment if augment is None else augment
    for chosen, rng in batches:
        batch = data.spikes.select(chosen)
        if rng is not None:
            for augmentation in chain:
                batch = augmentation.apply(batch, rng, data)
        yield batch


def _refuse_inconsistency(data: Dataset) -> None:
    """Refuse labels, names and speakers that do not fit the samples."""
    labels = data.spikes.labels
    if labels is None:
        raise DataError(
            f"{data.name} has no labels", remedy="give labels to the SpikeBatch it is made from"
        )
    outside = np.flatnonzero(labels >= data.classes)
    if outside.size:
        raise DataError(
            f"label {labels[outside[0]]}, but {data.name} has {data.classes} classes, from 0 on",
            where=f"sample {outside[0]}",
            remedy="give the number of classes the labels have",
        )
    if data.label_names and len(data.label_names) != data.classes:
        raise DataError(
            f"{len(data.label_names)} label names for {data.classes} classes",
            remedy="give one name per class, or none",
        )
    if data.speakers is not None and data.speakers.shape != labels.shape:
        raise DataError(
            f"speakers of shape {data.speakers.shape} for {len(labels)} samples",
            remedy="give one speaker per sample, or None",
        )


def _range(counts: npt.NDArray[np.int64]) -> str:
    if not counts.size:
        return "0"
    low, high = int(counts.min()), int(counts.max())
    return f"{low}" if low == high else f"{low} to {high}"


def _some(names: tuple[str, ...]) -> str:
    if not names:
        return ""
    shown = ", ".join(names[:10])
    return f": {shown}" + (", …" if len(names) > 10 else "")
