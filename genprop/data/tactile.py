"""Braille letters felt by a robot's fingertip, in every layout they are passed on in.

The recordings are those of Müller-Cleve et al. 2022 (doi 10.3389/fnins.2022.951164; Zenodo record
7050094): a fingertip of 12 taxels slides over letters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from genprop._reading import Arrays, as_integers, one_number, reading
from genprop.data.crossings import level_crossings
from genprop.data.dataset import Dataset
from genprop.data.files import existing
from genprop.data.npz import npz_names, read_npz
from genprop.data.order import bounds
from genprop.data.pickled import read_data_pickle
from genprop.data.spikes import SpikeBatch
from genprop.errors import DataError

if TYPE_CHECKING:
    from genprop.data.augment import Augmentation

__all__ = ["braille"]

Three = tuple[Dataset, Dataset, Dataset]

_AGAIN = "the file is damaged: fetch it again"
_LETTERS = ("Space", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def braille(
    path: str | Path,
    *,
    threshold: float = 1.0,
    rate: float = 40.0,
    valid: float = 0.1,
    test: float = 0.2,
    seed: int = 0,
    augment: Sequence[Augmentation] = (),
) -> Three:
    """Train, validation and test set of Braille letters, by what the file holds.

    ===========================================  ==================================================
    ``packed shape labels letters test dt_ms``   ``.npz`` of events on a grid of steps, 12 channels
    ``x labels letters dt_ms``                   ``.npz`` of taxel values (samples, steps, 12)
    ``events`` and ``letter`` (pickle)           ON and OFF times [s] per taxel, as published
    ``taxel_data`` and ``letter`` (pickle)       taxel values as published, 255 without touch
    ===========================================  ==================================================

    Taxel values become events by :func:`genprop.data.crossings.level_crossings`; they and the
    published events have 24 channels: 12 ON, then 12 OFF. A pickle may be a dict of lists or a
    list of dicts; nothing that it names is executed.

    Args:
        path: the file; a relative one is looked for in ``$GENPROP_DATA`` too.
        threshold: of taxel values, for one event.
        rate: of taxel values in a pickle [Hz].
        valid: fraction of what is not for testing that is for validation, in every class; 0 leaves
            the validation set empty.
        test: fraction of the samples that is for testing, in every class; where the file flags its
            own test samples, those are taken instead.
        seed: of the parts.
        augment: for the training set, see :meth:`Dataset.batches`.

    Raises:
        DataError: for a file that is missing, damaged, or of another layout.
    """
    file = existing(path)
    spikes, letters, flagged = (
        _from_npz(file, threshold) if file.suffix == ".npz" else _from_pickle(file, threshold, rate)
    )
    whole = Dataset(spikes, len(letters), "Braille train", letters, augment=tuple(augment))
    if flagged is None:
        rest, held = whole.split_off(test, "test", seed)
    else:
        rest, held = whole.select(np.flatnonzero(~flagged)), whole.select(np.flatnonzero(flagged))
    train, checked = rest.split_off(valid, "valid", seed)
    return (
        train,
        replace(checked, name="Braille valid", augment=()),
        replace(held, name="Braille test", augment=()),
    )


_Content = tuple[SpikeBatch, tuple[str, ...], npt.NDArray[np.bool_] | None]
"""Spikes with labels, the letters, and which samples are for testing."""


def _from_npz(file: Path, threshold: float) -> _Content:
    names = ("packed", "shape", "labels", "letters", "test", "dt_ms")
    if "x" in npz_names(file):
        names = ("x", "labels", "letters", "dt_ms")
    parts = read_npz(file, names)
    with reading(file, "file of letters", DataError, _AGAIN):
        letters = tuple(np.atleast_1d(parts["letters"].astype(str)).tolist())
        labels, dt = as_integers(parts["labels"], "labels"), one_number(parts["dt_ms"], "dt_ms")
        return _letters(parts, labels, dt, threshold, file), letters, _flags(parts)


def _flags(parts: Arrays) -> npt.NDArray[np.bool_] | None:
    """Which samples are for testing, where the file says so."""
    if "test" not in parts:
        return None
    if parts["test"].dtype.kind not in "biu":
        raise ValueError("test holds what is neither true nor false")
    return parts["test"].astype(np.bool_)


def _letters(
    parts: Arrays, labels: npt.NDArray[np.int64], dt: float, threshold: float, file: Path
) -> SpikeBatch:
    """The spikes of an ``.npz``."""
    samples = len(parts["x"] if "x" in parts else parts["packed"])
    sizes = {"labels": len(labels), "test": len(parts["test"]) if "test" in parts else samples}
    wrong = [f"{size} {name}" for name, size in sizes.items() if size != samples]
    if wrong:
        raise DataError(
            f"{' and '.join(wrong)} for {samples} samples",
            where=str(file),
            remedy=_AGAIN,
        )
    if "x" in parts:
        values = parts["x"].astype(np.float64)
        return level_crossings(values, dt=dt, threshold=threshold, labels=labels)
    steps, taxels = as_integers(parts["shape"], "shape").tolist()
    if parts["packed"].dtype != np.uint8 or parts["packed"].shape != (
        samples,
        math.ceil(steps * taxels / 8),
    ):
        raise DataError(
            f"{parts['packed'].shape} packed bytes cannot hold {steps} × {taxels} bits per sample",
            where=str(file),
            remedy=_AGAIN,
        )
    bits = np.unpackbits(parts["packed"].astype(np.uint8), axis=1, count=steps * taxels)
    sample, place = np.nonzero(bits)
    start = bounds(np.bincount(sample, minlength=samples))
    times = (place // taxels * dt).astype(np.float32)
    channels = (place % taxels).astype(np.int32)
    return SpikeBatch(start, times, channels, taxels, steps * dt, labels)


def _from_pickle(file: Path, threshold: float, rate: float) -> _Content:
    content = read_data_pickle(file)
    with reading(file, "published file of letters", DataError, _AGAIN):
        return _of_columns(_columns(content, file), file, threshold, rate)


def _of_columns(
    columns: Mapping[str, Sequence[object]], file: Path, threshold: float, rate: float
) -> _Content:
    names = [str(letter) for letter in columns["letter"]]
    letters = tuple(x for x in _LETTERS if x in names) + tuple(sorted(set(names) - set(_LETTERS)))
    labels = np.array([letters.index(name) for name in names], np.int64)
    kind = next(k for k in ("events", "taxel_data") if k in columns)
    if len(columns[kind]) != len(labels):
        raise DataError(
            f"{len(labels)} letters for {len(columns[kind])} samples",
            where=str(file),
            remedy=_AGAIN,
        )
    try:
        if kind == "events":
            return _published_events(columns[kind], labels), letters, None
        values = _published_values(columns[kind])
        dt = 1000.0 / rate
        return level_crossings(values, dt=dt, threshold=threshold, labels=labels), letters, None
    except (TypeError, ValueError, IndexError) as fault:
        raise DataError(
            f"its {kind} are not those of the published layout: {fault}",
            where=str(file),
            remedy="expected events[sample][taxel][ON, OFF] as lists of seconds, or "
            "taxel_data[sample] as (steps, taxels)",
        ) from fault


def _columns(content: object, file: Path) -> dict[str, Sequence[object]]:
    """The columns of a dict of lists, or of a list of dicts."""
    if isinstance(content, list):
        rows = cast("list[object]", content)
        if rows and all(isinstance(row, dict) for row in rows):
            known = cast("list[dict[str, object]]", rows)
            shared = set[str].intersection(*(set(row) for row in known))
            content = {name: [row[name] for row in known] for name in shared}
    if isinstance(content, dict):
        columns = cast("dict[str, Sequence[object]]", content)
        if "letter" in columns and ("events" in columns or "taxel_data" in columns):
            return columns
    raise DataError(
        "the pickle is not of the published layout",
        where=str(file),
        remedy="expected `letter` and `events`, or `letter` and `taxel_data`, of each sample",
    )


def _published_events(samples: Sequence[object], labels: npt.NDArray[np.int64]) -> SpikeBatch:
    """A batch from events[sample][taxel][ON, OFF], lists of seconds."""
    nested = cast("Sequence[Sequence[Sequence[Sequence[float]]]]", samples)
    taxels = max((len(sample) for sample in nested), default=1)
    pairs: list[tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]] = []
    for sample in nested:
        trains = [
            (np.asarray(times, np.float64).ravel(), taxel + polarity * taxels)
            for taxel, both in enumerate(sample)
            for polarity, times in enumerate(both)
        ]
        seconds = np.concatenate([np.empty(0), *(times for times, _ in trains)])
        lines = [np.full(len(times), channel, np.int64) for times, channel in trains]
        pairs.append(
            ((1000 * seconds).astype(np.float32), np.concatenate([np.empty(0, np.int64), *lines]))
        )
    longest = max((float(t.max()) for t, _ in pairs if t.size), default=0.0)
    return SpikeBatch.from_events(
        pairs, channels=2 * taxels, duration=float(np.floor(longest) + 1), labels=labels
    )


def _published_values(samples: Sequence[object]) -> npt.NDArray[np.float64]:
    """(samples, steps, taxels) pressure; a shorter sample stays at its last value.

    The reading falls from 255 as pressure rises; where its zero is does not matter here.
    """
    values = [-np.asarray(sample, np.float64) for sample in samples]
    steps = max(len(sample) for sample in values)
    return np.stack(
        [np.pad(sample, ((0, steps - len(sample)), (0, 0)), mode="edge") for sample in values]
    )
