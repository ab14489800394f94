"""Recordings of sound as labelled spikes: files or arrays → waves → filters → spikes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from genprop.data.dataset import Dataset
from genprop.data.files import existing
from genprop.data.front_end import FrontEnd, Train
from genprop.data.labelled import Labels, labels_of, marks_of
from genprop.data.quantity import Frequency, Time, in_unit
from genprop.data.resample import resampled
from genprop.data.sounds import Mix, Sound, Sounds, listed, sounds_of
from genprop.data.spikes import SpikeBatch
from genprop.errors import DataError
from genprop.units import Hz

__all__ = ["from_audio"]

_BLOCK = 1 << 22
"""Samples × channels that are filtered at once: 32 MiB of numbers."""


def from_audio(
    sounds: Sounds,
    *,
    rate: Frequency | None = None,
    labels: Labels = None,
    label_names: Sequence[str] = (),
    speakers: Labels = None,
    front_end: FrontEnd | Mapping[str, Any] | None = None,
    resample: Frequency | None = None,
    mix: Mix = None,
    duration: Time | None = None,
    name: str = "audio",
) -> Dataset:
    """The data set of recorded sounds, passed through a :class:`FrontEnd`.

    Nothing is drawn at random: the same sounds give the same spikes, each sound independently of
    the others, with its level as it was recorded.

    Args:
        sounds: a folder (all WAV, FLAC, OGG and AIFF files below it, by name), one path, several,
            a list of waves, or an array (sounds, n). A wave is (n,), or (n, channels): floats with
            full scale 1, or integers, whose full scale is that of their type. A relative path is
            looked for in ``$GENPROP_DATA`` too.
        rate: of arrays, how fast they were sampled [Hz]; files say it themselves.
        labels: one per sound, integers or names, or a function of the path; None: the folder in
            which a file stands, next below the one given.
        label_names: the classes in their order, where not all may occur; empty: those found,
            sorted.
        speakers: one per sound, or a function of the path; names are numbered as they sort.
        front_end: filters and spikes, or its settings by name; by default 40 gammatone filters
            with hair cells.
        resample: bring all sounds to this rate first [Hz]; needed where their rates differ.
        mix: what to do with several channels: ``"mean"``, the number of one, or refuse them.
        duration: later spikes are dropped [ms]; None: the longest sound with what rings after it,
            rounded up to 1 ms.
        name: what to call it.

    Raises:
        DataError: for no sounds, empty ones, values that are not finite or beyond full scale,
            several channels without ``mix``, rates that differ, a rate too low for the top filter,
            labels that do not fit, and files where soundfile is not installed (extra ``audio``).
    """
    front = _front_end(front_end)
    files = listed(sounds)
    root = existing(sounds, folders=True) if isinstance(sounds, (str, Path)) else None
    trains: list[Train] = []
    longest = 0.0
    for block in _blocks(sounds_of(files or sounds, rate, mix), resample, front.channels):
        trains += front.trains(block)
        longest = max(longest, *(1000 * len(sound.wave) / sound.rate for sound in block))
    classes, count, names = labels_of(labels, files, root, len(trains), label_names)
    batch = SpikeBatch.from_events(
        trains,
        channels=front.lines,
        duration=math.ceil(longest + front.tail) + 1.0,
        labels=classes,
    )
    who = _numbered(speakers, files, len(trains))
    found = Dataset(replace(batch, times=batch.times.astype(np.float32)), count, name, names, who)
    return found if duration is None else found.crop(duration)


def _front_end(given: object) -> FrontEnd:
    if given is None:
        return FrontEnd()
    if isinstance(given, Mapping):
        try:
            return FrontEnd(**cast("Mapping[str, Any]", given))
        except TypeError as fault:
            raise DataError(
                f"the front end's settings do not fit: {fault}",
                remedy=f"there are {', '.join(FrontEnd.__dataclass_fields__)}",
            ) from None
    if not isinstance(given, FrontEnd):
        raise DataError(
            f"front_end cannot be a {type(given).__name__}", remedy="give gp.data.FrontEnd(…)"
        )
    return given


def _blocks(
    sounds: Iterator[Sound], resample: Frequency | None, channels: int
) -> Iterator[list[Sound]]:
    """Neighbouring sounds of one rate, as many as are filtered at once."""
    wanted = None if resample is None else in_unit(resample, Hz, "resample", least=1)
    block: list[Sound] = []
    first: Sound | None = None
    for sound in sounds:
        if wanted is not None:
            wave = resampled(sound.wave, sound.rate, wanted)
            sound = replace(sound, wave=wave, rate=wanted)
        first = first or sound
        if sound.rate != first.rate:
            raise DataError(
                f"it was sampled at {sound.rate:g} Hz, {first.where} at {first.rate:g} Hz",
                where=sound.where,
                remedy=f"bring all to one rate: resample={min(sound.rate, first.rate):g}",
            )
        longest = max((len(s.wave) for s in (*block, sound)), default=0)
        if block and longest * channels * (len(block) + 1) > _BLOCK:
            yield block
            block = []
        block.append(sound)
    if block:
        yield block


def _numbered(
    speakers: Labels, files: Sequence[Path] | None, count: int
) -> npt.NDArray[np.int64] | None:
    """(sounds,): integers as they are, names by their place in order; None where none are given."""
    if speakers is None:
        return None
    marks = marks_of(speakers, files, count, "speakers")
    if all(isinstance(mark, int) for mark in marks):
        return np.array(marks, np.int64)
    return np.unique(np.array([str(mark) for mark in marks]), return_inverse=True)[1].astype(
        np.int64
    )
