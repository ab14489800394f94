"""What a data file holds, and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop.data.audio import from_audio
from genprop.data.files import existing
from genprop.data.sounds import ENDINGS, file_sound
from genprop.data.spoken import hdspikes
from genprop.data.tactile import braille
from genprop.errors import DataError

if TYPE_CHECKING:
    from genprop.data.dataset import Dataset

__all__ = ["FileInfo", "info", "oddities"]

_BUSY = 20.0
"""A channel with so many times the median of events is odd."""
_UNEVEN = 3.0
"""Likewise a class, or a sample's length, beside the median."""
_EARLY = 0.5
"""Samples whose events end this early leave much of their time empty."""
_FULL, _FAINT, _OFFSET, _SOFT = 32767 / 32768, 0.01, 0.05, 0.01
"""Of a wave: full scale of 16 bits; and as fractions, of full scale a faint peak, of the peak an
odd mean, and what is silence."""
_SHOWN = 8
_GRIDS = (1.0, 0.1)


@dataclass(frozen=True, slots=True, eq=False)
class FileInfo:
    """What a file holds; ``print`` it.

    Attributes:
        path: the file.
        parts: the data sets in it.
        findings: what is odd about each, in words; nothing of this keeps it from being used.
    """

    path: Path
    parts: tuple[Dataset, ...]
    findings: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        lines = [str(self.path)]
        for part, found in zip(self.parts, self.findings, strict=True):
            lines.append(str(part))
            lines += [f"  odd       {finding}" for finding in found] or ["  odd       nothing"]
        return "\n".join(lines)


def info(path: str | Path, *, channels: int = 700) -> FileInfo:
    """Read a file and say what it holds, and what is odd about it.

    Files of SHD's layout (``.h5``, ``.h5.gz``, ``.h5.zip``) are one data set; Braille letters
    (``.npz``, ``.pkl``) come in the parts that :func:`braille` makes of them; a sound (``.wav``,
    ``.flac``, ``.ogg``, ``.aif``) is one sample of :func:`from_audio`.

    Args:
        path: the file; a relative one is looked for in ``$GENPROP_DATA`` too.
        channels: of SHD's layout: how many channels there are.

    Raises:
        DataError: for a file that is missing, damaged or of another layout.
    """
    file = existing(path)
    ends = "".join(file.suffixes[-2:])
    if ".h5" in ends or ".hdf5" in ends:
        parts = (hdspikes(file, channels=channels),)
    elif file.suffix in (".npz", ".pkl", ".pickle"):
        parts = tuple(part for part in braille(file) if len(part))
    elif file.suffix.lower() in ENDINGS:
        return _of_sound(file)
    else:
        raise DataError(
            f"files that end in {file.suffix or 'nothing'} are not known",
            where=str(file),
            remedy="give an .h5 of SHD's layout (plain, .gz or .zip), Braille letters as .npz or "
            ".pkl, or a sound as .wav or .flac",
        )
    return FileInfo(file, parts, tuple(tuple(oddities(part)) for part in parts))


def _of_sound(file: Path) -> FileInfo:
    """A sound as it would be heard, its channels averaged, and what its wave has."""
    sound = file_sound(file, mix="mean")
    seconds, peak = len(sound.wave) / sound.rate, float(np.abs(sound.wave).max())
    title = f"{file.stem}, {seconds:.4g} s sampled at {sound.rate:g} Hz"
    part = from_audio(file, labels=[0], mix="mean", name=title)
    findings = [*_of_wave(sound.wave, sound.rate, peak)]
    if sound.channels > 1:
        findings.append(f"it has {sound.channels} channels: from_audio(mix=…) says what of them")
    return FileInfo(file, (part,), (tuple(findings),))


def _of_wave(wave: np.ndarray, rate: float, peak: float) -> Iterator[str]:
    if peak == 0:
        yield "it is silent: every sample is 0"
        return
    if clipped := int(np.count_nonzero(np.abs(wave) >= _FULL)):
        yield f"{clipped} samples are at full scale: it was probably recorded too loud"
    if peak < _FAINT:
        yield f"its peak is {20 * np.log10(peak):.3g} dB of full scale: few channels will spike"
    if abs(offset := float(wave.mean())) > _OFFSET * peak:
        yield f"its mean is {offset:.2g}, not 0: the microphone had an offset"
    loud = np.flatnonzero(np.abs(wave) > _SOFT * peak)
    edges = loud[0] / rate, (len(wave) - 1 - loud[-1]) / rate
    for where, silence in zip(("begins", "ends"), edges, strict=True):
        if silence > _EARLY * len(wave) / rate:
            yield f"it {where} with {silence:.3g} s of silence: cut it off"


def oddities(data: Dataset) -> Iterator[str]:
    """What is odd about a data set, in words: each a fact, with what it may mean."""
    spikes = data.spikes
    counts = np.diff(spikes.start)
    if empty := int(np.count_nonzero(counts == 0)):
        yield f"{empty} of {len(data)} samples have no events: {_some(counts == 0)}"
    yield from _of_channels(np.bincount(spikes.channels, minlength=data.channels))
    per_class = np.bincount(data.labels, minlength=data.classes)
    if missing := int(np.count_nonzero(per_class == 0)):
        yield f"{missing} of {data.classes} classes have no samples: {_some(per_class == 0)}"
    seen = per_class[per_class > 0]
    if seen.size and seen.max() > _UNEVEN * np.median(seen):
        yield (
            f"classes are uneven, {seen.min()} to {seen.max()} samples: "
            "a network that guesses the largest looks better than chance"
        )
    yield from _of_times(data, counts)


def _of_channels(events: np.ndarray) -> Iterator[str]:
    if silent := int(np.count_nonzero(events == 0)):
        yield f"{silent} of {events.size} channels never spike: {_some(events == 0)}"
    active = events[events > 0]
    if active.size:
        busy = events > _BUSY * np.median(active)
        if busy.any():
            yield (
                f"{np.count_nonzero(busy)} channels have over {_BUSY:g} times the median of "
                f"events: {_some(busy)}"
            )


def _of_times(data: Dataset, counts: np.ndarray) -> Iterator[str]:
    spikes = data.spikes
    if not spikes.times.size:
        return
    times = spikes.times.astype(np.float64)
    owner = np.repeat(np.arange(len(data)), counts)
    order = np.lexsort((times, spikes.channels, owner))
    same = np.ones(times.size - 1, bool)
    for values in (owner, spikes.channels, times):
        same &= np.diff(values[order]) == 0
    if twice := int(np.count_nonzero(same)):
        yield (
            f"{twice} events of a channel come twice at the same time: events='merge' takes them "
            "as one, events='sum' counts each"
        )
    for grid in _GRIDS:
        if np.abs(times / grid - np.round(times / grid)).max() < 1e-4:
            yield f"all times are multiples of {grid:g} ms: they were on a grid before"
            break
    last = times[spikes.start[1:][counts > 0] - 1]
    if last.max() > _UNEVEN * np.median(last):
        longest = int(np.flatnonzero(counts > 0)[int(np.argmax(last))])
        yield (
            f"sample {longest} ends at {last.max():.4g} ms, half of them before "
            f"{np.median(last):.4g} ms: a few set the length of all; crop(…) drops later events"
        )
    elif last.max() < _EARLY * data.duration:
        yield f"the last event is at {last.max():.4g} ms of {data.duration:g}: crop(…) saves time"


def _some(mask: np.ndarray) -> str:
    """The first few that are so."""
    found = np.flatnonzero(mask)
    words = ", ".join(map(str, found[:_SHOWN]))
    return words + (", …" if found.size > _SHOWN else "")
