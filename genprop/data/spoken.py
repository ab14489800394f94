"""Spoken words as spikes of a cochlea model: SHD, SSC, FSDD, or any file of their layout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from genprop.data import parts
from genprop.data.dataset import Dataset
from genprop.data.files import data_folder, existing, find
from genprop.data.quantity import Time, in_unit
from genprop.data.spikes import SpikeBatch
from genprop.errors import DataError
from genprop.units import ms

if TYPE_CHECKING:
    from genprop.data.augment import Augmentation
    from genprop.data.recorded import Recordings

__all__ = ["fsdd", "hdspikes", "shd", "ssc"]

Three = tuple[Dataset, Dataset, Dataset]
_BELOW = ("SHD", "SSC", "hdspikes", "FSDD")


def hdspikes(
    path: str | Path,
    *,
    channels: int = 700,
    duration: Time | None = None,
    name: str = "",
    cache: bool = True,
) -> Dataset:
    """The data set of one file of SHD's layout: ``.h5``, ``.h5.gz`` or ``.h5.zip``.

    Args:
        path: the file; a relative one is looked for in ``$GENPROP_DATA`` too.
        channels: how many channels there are.
        duration: later events are dropped; None: the longest sample, rounded up to 100 ms.
        name: what to call it; else the file's name.
        cache: keep a flat copy in the user's cache folder, which is read many times faster.

    Raises:
        DataError: see :func:`genprop.data.store.recordings`.
    """
    file = existing(path)
    names = (name or file.name.split(".")[0],)
    return _data_sets([file], names, channels, duration, cache=cache)[0]


def shd(
    folder: str | Path | None = None,
    *,
    valid: float = 0.1,
    valid_speakers: int | Sequence[int] | None = None,
    seed: int = 0,
    augment: Sequence[Augmentation] = (),
    duration: Time | None = None,
    cache: bool = True,
) -> Three:
    """Train, validation and test set of the Spiking Heidelberg Digits: 20 classes, 700 channels.

    The set has no validation part: it is taken from the training file. The speakers of the test
    file are partly its own, so speakers held out are the better guess of what it will show.

    Args:
        folder: where ``shd_train`` and ``shd_test`` are, or a folder above ``SHD/`` or
            ``hdspikes/``; else ``$GENPROP_DATA``. Missing files are downloaded there by tonic,
            where it is installed.
        valid: fraction of the training file, taken from every class; 0 leaves the validation set
            empty.
        valid_speakers: instead, these speakers of it, or so many drawn at random.
        seed: of the validation part.
        augment: for the training set, see :meth:`Dataset.batches`.
        duration: later events are dropped; None: the longest sample, rounded up to 100 ms.
        cache: keep flat copies in the user's cache folder.

    Raises:
        DataError: for files that are missing or damaged.

    Source: Cramer, Stradmann, Schemmel & Zenke 2022 (doi 10.1109/TNNLS.2020.3044364).
    """
    parts.refuse_all(valid, "valid")
    files = _tonic_files("SHD", folder, ("shd_train", "shd_test"))
    whole, test = _data_sets(files, ("SHD train", "SHD test"), 700, duration, cache=cache)
    return *_held_out(whole, "SHD valid", valid, valid_speakers, seed, augment), test


def ssc(
    folder: str | Path | None = None,
    *,
    augment: Sequence[Augmentation] = (),
    duration: Time | None = None,
    cache: bool = True,
) -> Three:
    """Train, validation and test set of the Spiking Speech Commands: 35 classes, 700 channels.

    Args:
        folder: where ``ssc_train``, ``ssc_valid`` and ``ssc_test`` are, or a folder above ``SSC/``
            or ``hdspikes/``; else ``$GENPROP_DATA``. Missing files are downloaded there by tonic,
            where it is installed.
        augment: for the training set, see :meth:`Dataset.batches`.
        duration: later events are dropped; None: the longest sample, rounded up to 100 ms.
        cache: keep flat copies in the user's cache folder.

    Raises:
        DataError: for files that are missing or damaged.

    Source: Cramer, Stradmann, Schemmel & Zenke 2022 (doi 10.1109/TNNLS.2020.3044364).
    """
    files = _tonic_files("SSC", folder, ("ssc_train", "ssc_valid", "ssc_test"))
    names = ("SSC train", "SSC valid", "SSC test")
    train, valid, test = _data_sets(files, names, 700, duration, cache=cache)
    return train.with_augment(*augment), valid, test


def fsdd(
    folder: str | Path | None = None,
    *,
    valid: float = 0.1,
    valid_speakers: int | Sequence[int] | None = None,
    seed: int = 0,
    augment: Sequence[Augmentation] = (),
    duration: Time | None = None,
    cache: bool = True,
) -> Three:
    """Train, validation and test set of the FSDD spikes: 10 spoken digits, 700 channels.

    The Free Spoken Digit Dataset, passed through a cochlea and hair-cell model of the kind that
    made SHD. The speakers are the same in both files; see
    :meth:`Dataset.leave_one_speaker_out` for how well a network understands a stranger.

    Args:
        folder: where ``fsdd_train`` and ``fsdd_test`` are, or a folder above ``FSDD/``; else
            ``$GENPROP_DATA``.
        valid: fraction of the training file, taken from every class; 0 leaves the validation set
            empty.
        valid_speakers: instead, these speakers of it, or so many drawn at random.
        seed: of the validation part.
        augment: for the training set, see :meth:`Dataset.batches`.
        duration: later events are dropped; None: the longest sample, rounded up to 100 ms.
        cache: keep flat copies in the user's cache folder.

    Raises:
        DataError: for files that are missing or damaged.
    """
    parts.refuse_all(valid, "valid")
    place = data_folder(folder)
    files, missing = _found(place, ("fsdd_train", "fsdd_test"))
    if missing:
        raise DataError(
            "the FSDD spikes are not there: expected fsdd_train.h5 and fsdd_test.h5, "
            "plain, .gz or .zip",
            where=str(place),
            remedy="pass the recordings of the Free Spoken Digit Dataset "
            "(github.com/Jakobovski/free-spoken-digit-dataset) through a cochlea model and store "
            "the spikes in SHD's layout, recordings 0 to 4 of each digit and speaker as the test",
        )
    whole, test = _data_sets(files, ("FSDD train", "FSDD test"), 700, duration, cache=cache)
    return *_held_out(whole, "FSDD valid", valid, valid_speakers, seed, augment), test


def _tonic_files(name: str, folder: str | Path | None, stems: Sequence[str]) -> list[Path]:
    """The files of a set that tonic knows; what is missing is downloaded if it is installed."""
    place = data_folder(folder)
    files, missing = _found(place, stems)
    if missing:
        from genprop.data.tonic_sets import download

        download(name, place, missing)
        files, missing = _found(place, stems)
    if missing:
        raise DataError(
            f"{name} was downloaded, but {', '.join(missing)} is not there",
            where=str(place),
            remedy=f"put {', '.join(f'{s}.h5' for s in missing)} there, plain, .gz or .zip",
        )
    return files


def _found(place: Path, stems: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The files of these names that are there, and the names of those that are not."""
    files = {stem: find(place, f"{stem}.h5", _BELOW) for stem in stems}
    there = [file for file in files.values() if file is not None]
    return there, [stem for stem, file in files.items() if file is None]


def _data_sets(
    files: Sequence[Path],
    names: Sequence[str],
    channels: int,
    duration: Time | None,
    *,
    cache: bool,
) -> list[Dataset]:
    """The files' data sets, all of one duration and one number of classes."""
    from genprop.data.store import recordings

    ends = None if duration is None else in_unit(duration, ms, "duration")
    found = [recordings(file, channels=channels, cache=cache) for file in files]
    longest = max(r.longest for r in found)
    whole = 100.0 * (math.floor(longest / 100) + 1)
    keys = max((r.header.keys for r in found), key=len)
    classes = len(keys) or max(int(r.header.labels.max()) + 1 for r in found)
    sets = [
        _data_set(recording, name, channels, whole, classes, keys)
        for recording, name in zip(found, names, strict=True)
    ]
    return sets if ends is None else [data.crop(ends) for data in sets]


def _data_set(
    recording: Recordings,
    name: str,
    channels: int,
    duration: float,
    classes: int,
    keys: tuple[str, ...],
) -> Dataset:
    head = recording.header
    spikes = SpikeBatch(
        recording.start, recording.times, recording.channels, channels, duration, head.labels
    )
    return Dataset(spikes, classes, name, keys, head.speakers)


def _held_out(
    train: Dataset,
    name: str,
    fraction: float,
    speakers: int | Sequence[int] | None,
    seed: int,
    augment: Sequence[Augmentation],
) -> tuple[Dataset, Dataset]:
    """The rest of the training file, augmented, and its validation part."""
    if speakers is None:
        rest, valid = train.split_off(fraction, "valid", seed)
    else:
        rest, valid = train.split_speakers(speakers, seed)
    return rest.with_augment(*augment), replace(valid, name=name)
