"""What both models hear: the same recordings in the same split, as spikes and as frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rawhd import rawhd_frames

import genprop as gp
from genprop.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt

STEP = 10.0
"""Of a frame [ms]."""
THRESHOLD = 0.5
"""Of the level crossings that make spikes of frames, in standard deviations."""


def spikes(
    task: str, data: str, bands: int, seed: int, duration: float, cache: bool = True
) -> tuple[gp.data.Dataset, gp.data.Dataset, gp.data.Dataset]:
    """Train, validation and test set of "fsdd", "shd" or "rawhd".

    Args:
        task: which recordings.
        data: their folder; "" for ``$GENPROP_DATA``.
        bands: neighbouring channels are merged into so many; 0 leaves them as they are. RawHD has
            40 bands, of which each becomes a line that rises and one that falls.
        seed: of the validation tenth.
        duration: of a sample [ms].
        cache: keep a flat copy of the files in the user's cache folder.
    """
    if task == "rawhd":
        train, valid, test = (
            gp.data.Dataset(_crossings(x, labels), 20, f"RawHD {name}")
            for name, (x, labels) in _rawhd(data, seed, duration).items()
        )
        return train, valid, test
    load = {"fsdd": gp.data.fsdd, "shd": gp.data.shd}[task]
    parts = load(data or None, valid=0.1, seed=seed, duration=duration, cache=cache)
    train, valid, test = (banded(part, bands) if bands else part for part in parts)
    return train, valid, test


def frames(
    task: str, data: str, bands: int, seed: int, duration: float
) -> dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]]:
    """Frames (samples, bands, frames) and labels of train, valid and test: of the same split."""
    if task == "rawhd":
        return _rawhd(data, seed, duration)
    parts = spikes(task, data, bands, seed, duration)
    return {
        name: (counted(part, STEP), part.labels)
        for name, part in zip(("train", "valid", "test"), parts, strict=True)
    }


def banded(data: gp.data.Dataset, bands: int) -> gp.data.Dataset:
    """Every channel's spikes in its band; bands are neighbours, 17 or 18 of 700 where 40."""
    own = data.spikes
    band = (own.channels.astype(np.int64) * bands) // own.channels_total
    return replace(data, spikes=replace(own, channels=band.astype(np.int32), channels_total=bands))


def counted(data: gp.data.Dataset, step: float) -> npt.NDArray[np.float32]:
    """Spikes per frame of ``step`` ms and band, (samples, bands, frames), each sample standardised.

    Real-valued, as the published model hears: the logarithm of 1 + the count, of which the sample's
    own mean is taken off, divided by its own standard deviation.
    """
    own, count, length = data.spikes, len(data), round(data.duration / step)
    owner = np.repeat(np.arange(count), np.diff(own.start))
    frame = np.minimum((own.times / step).astype(np.int64), length - 1)
    place = (owner * data.channels + own.channels) * length + frame
    counts = np.bincount(place, minlength=count * data.channels * length)
    logs = np.log1p(counts).reshape(count, data.channels, length)
    centred = logs - logs.mean(axis=(1, 2), keepdims=True)
    return (centred / np.maximum(centred.std(axis=(1, 2), keepdims=True), 1e-6)).astype(np.float32)


def _crossings(x: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]) -> gp.data.SpikeBatch:
    signal = x.transpose(0, 2, 1)
    return gp.data.level_crossings(signal, dt=STEP, threshold=THRESHOLD, labels=labels)


def _rawhd(
    data: str, seed: int, duration: float
) -> dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]]:
    if not data:
        raise DataError("RawHD has no default folder", remedy="--set options.data=FOLDER")
    length = round(duration / STEP)
    x, labels = rawhd_frames(Path(data), "train", length)
    order = np.random.default_rng(seed).permutation(len(labels))
    held, rest = np.split(order, [len(order) // 10])
    parts = {"train": (x[rest], labels[rest]), "valid": (x[held], labels[held])}
    return parts | {"test": rawhd_frames(Path(data), "test", length)}
