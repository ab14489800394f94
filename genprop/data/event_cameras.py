"""What event cameras recorded: digits of N-MNIST and gestures of DVS128 Gesture, by tonic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from genprop._checks import integer
from genprop.data import parts
from genprop.data.dataset import Dataset
from genprop.data.files import data_folder
from genprop.data.tonic_sets import from_tonic, opened
from genprop.errors import DataError

if TYPE_CHECKING:
    from genprop.data.augment import Augmentation
    from genprop.data.quantity import Time

__all__ = ["dvs_gesture", "nmnist"]

Three = tuple[Dataset, Dataset, Dataset]
Indices = npt.NDArray[np.int64]


def nmnist(
    folder: str | Path | None = None,
    *,
    first_saccade: bool = False,
    stabilise: bool = False,
    pool: int = 1,
    samples: int | None = None,
    valid: float = 0.1,
    seed: int = 0,
    augment: Sequence[Augmentation] = (),
    duration: Time | None = None,
) -> Three:
    """Train, validation and test set of N-MNIST: MNIST's digits seen by a camera that moves.

    34 × 34 pixels of two polarities, 2312 channels: (p · 34 + y) · 34 + x; 60 000 and 10 000
    samples of 300 ms, about 4 000 events each. All of them take gigabytes: see ``samples``.

    Args:
        folder: tonic has ``NMNIST/`` in it, and downloads what is missing; else ``$GENPROP_DATA``.
        first_saccade: the first 100 ms alone.
        stabilise: take the camera's motion off the events.
        pool: so many pixels by so many become one.
        samples: so many of each file, drawn by the seed, of every class as it has them.
        valid: fraction of the training file, taken from every class.
        seed: of the validation part, and of ``samples``.
        augment: for the training set, see :meth:`Dataset.batches`.
        duration: later events are dropped [ms]; None: the longest sample, rounded up to 1 ms.

    Raises:
        DataError: without tonic (extra ``data``, GPL-3), or a network where one is needed.

    Source: Orchard, Jayawant, Cohen & Thakor 2015 (doi 10.3389/fnins.2015.00437).
    """
    options = {"first_saccade_only": first_saccade, "stabilize": stabilise}
    found = [
        _part("NMNIST", part, data_folder(folder), options, samples, seed, pool, duration)
        for part in ("train", "test")
    ]
    train, test = _of_one_length(found, duration)
    rest, held = train.split_off(valid, "valid", seed)
    return rest.with_augment(*augment), replace(held, name="N-MNIST valid"), test


def dvs_gesture(
    folder: str | Path | None = None,
    *,
    pool: int = 4,
    samples: int | None = None,
    valid: float = 0.1,
    valid_speakers: int | Sequence[int] | None = None,
    seed: int = 0,
    augment: Sequence[Augmentation] = (),
    duration: Time | None = 1500.0,
) -> Three:
    """Train, validation and test set of DVS128 Gesture: 11 gestures of a hand, seen by a camera.

    128 × 128 pixels of two polarities; pooled by 4 they are 32 × 32 and 2048 channels. Samples last
    some 6 s; of each the first ``duration`` is used. The speakers of the data set are the persons:
    those of the test file are in no other.

    Args:
        folder: tonic has ``DVSGesture/`` in it, and downloads what is missing; else
            ``$GENPROP_DATA``.
        pool: so many pixels by so many become one.
        samples: so many of each file, drawn by the seed, of every class as it has them.
        valid: fraction of the training file, taken from every class.
        valid_speakers: instead, these persons of it, or so many drawn at random.
        seed: of the validation part, and of ``samples``.
        augment: for the training set, see :meth:`Dataset.batches`.
        duration: later events are dropped [ms]; None: the longest sample, rounded up to 1 ms.

    Raises:
        DataError: without tonic (extra ``data``, GPL-3), or a network where one is needed.

    Source: Amir et al. 2017 (doi 10.1109/CVPR.2017.781).
    """
    found = [
        _part("DVSGesture", part, data_folder(folder), {}, samples, seed, pool, duration)
        for part in ("train", "test")
    ]
    train, test = _of_one_length(found, duration)
    if valid_speakers is None:
        rest, held = train.split_off(valid, "valid", seed)
    else:
        rest, held = train.split_speakers(valid_speakers, seed)
    return rest.with_augment(*augment), replace(held, name="DVS Gesture valid"), test


_TITLES = {"NMNIST": "N-MNIST", "DVSGesture": "DVS Gesture"}


def _part(
    name: str,
    part: str,
    folder: Path,
    options: Mapping[str, object],
    samples: int | None,
    seed: int,
    pool: int,
    duration: Time | None,
) -> Dataset:
    """One file of a set, its samples in the order of their paths."""
    source = opened(name, folder, part, options)
    chosen = _chosen(source, samples, seed)
    data = from_tonic(
        _Selected(source, chosen),
        sensor_size=source.sensor_size,
        classes=len(source.classes),
        duration=duration,
        pool=pool,
        name=f"{_TITLES[name]} {part}",
        label_names=source.classes,
    )
    persons = getattr(source, "users", None)
    if persons is None:
        return data
    return replace(data, speakers=np.array([persons[k] for k in chosen], np.int64))


def _chosen(source: Any, samples: int | None, seed: int) -> Indices:
    """By path, because folders are not read in order everywhere; ``samples`` of them, or all."""
    paths = [str(path) for path in source.data]
    order = np.array(sorted(range(len(paths)), key=lambda k: paths[k]), np.int64)
    if samples is None or samples >= len(order):
        return order
    count = integer(samples, "samples=…", least=1, fault=DataError)
    labels = np.array([source.targets[k] for k in order], np.int64)
    return order[parts.fraction_of(labels, count / len(order), seed, stratify=True)]


def _of_one_length(found: Sequence[Dataset], duration: Time | None) -> list[Dataset]:
    """Parts that last as long as each other."""
    longest = max(data.duration for data in found)
    return list(found) if duration is not None else [data.crop(longest) for data in found]


class _Selected:
    """Some samples of a set."""

    def __init__(self, source: Any, chosen: Indices) -> None:
        self.source, self.chosen = source, chosen

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, index: int, /) -> tuple[npt.NDArray[np.void], int]:
        return self.source[int(self.chosen[index])]
