"""Sounds as they come, from files or arrays, made waves of one kind: mono, float, about −1 to 1.

The only place that speaks with the package ``soundfile``, which reads WAV, FLAC and others.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from genprop._reading import reading
from genprop.data.files import existing
from genprop.data.quantity import in_unit
from genprop.errors import DataError
from genprop.units import Hz

if TYPE_CHECKING:
    from genprop.data.quantity import Frequency

__all__ = [
    "ENDINGS",
    "Mix",
    "Sound",
    "Sounds",
    "file_sound",
    "listed",
    "refuse_beyond",
    "sounds_of",
]

Wave = npt.NDArray[np.float64]
Mix = str | int | None
"""``"mean"`` of the channels, the number of one, or None where a second is refused."""
Sounds = str | Path | Sequence[str | Path] | Sequence[npt.ArrayLike] | npt.NDArray[Any]

ENDINGS = (".wav", ".flac", ".ogg", ".aif", ".aiff")
"""Of files that are taken for sounds."""
_BLOCK, _FASTEST = 1 << 16, 1e6
"""Values that are read at a time, and the highest sampling rate [Hz] of a sound: a tenth of a
second of it, which filters ring, has to fit into memory whatever a damaged header says."""
_LOUDEST = 2.0
"""Of a float wave; resampling overshoots 1, integers that were made floats are far beyond."""


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A wave (n,) float64, full scale being 1, its sampling rate [Hz], and where it comes from.

    ``channels`` is how many were recorded, of which the wave is made.
    """

    wave: Wave
    rate: float
    where: str
    channels: int = 1


def listed(sounds: object) -> list[Path] | None:
    """The files of a folder (all below it, by name), of one path or of several; None for arrays.

    Raises:
        DataError: for a path that is not there, or a folder without sounds.
    """
    if isinstance(sounds, (str, Path)):
        given = existing(sounds, folders=True)
        if not given.is_dir():
            return [given]
        found = [p for p in given.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file()]
        found = [p for p in found if not any(x.startswith(".") for x in p.relative_to(given).parts)]
        if not found:
            raise DataError(
                f"the folder holds no {', '.join(ENDINGS)}",
                where=str(given),
                remedy="give the folder of the recordings, or the folder above its classes",
            )
        return sorted(found, key=lambda p: p.relative_to(given).as_posix())
    if isinstance(sounds, Sequence) and sounds and all(isinstance(x, (str, Path)) for x in sounds):
        return [existing(path) for path in cast("Sequence[str | Path]", sounds)]
    return None


def sounds_of(sounds: object, rate: Frequency | None, mix: Mix) -> Iterator[Sound]:
    """Each sound in turn, checked; files are read one after another.

    Args:
        sounds: see :func:`genprop.data.audio.from_audio`.
        rate: of arrays [Hz].
        mix: what to do with several channels.

    Raises:
        DataError: for what is empty, not finite, of several channels, or no wave.
    """
    files = listed(sounds)
    if files is not None:
        if rate is not None:
            raise DataError(
                "files say themselves how fast they were sampled",
                remedy="leave out rate=…; resample=… brings all to one rate",
            )
        for path in files:
            yield file_sound(path, mix)
        return
    if rate is None:
        raise DataError("arrays do not say how fast they were sampled", remedy="rate=16000 [Hz]")
    speed = _rate(in_unit(rate, Hz, "rate"), "rate=…")
    for k, array in enumerate(_arrays(sounds)):
        yield Sound(_wave(array, f"sound {k}", mix), speed, f"sound {k}")


def file_sound(path: str | Path, mix: Mix = None) -> Sound:
    """The sound of one file: WAV, FLAC, OGG or AIFF.

    Args:
        path: the file; a relative one is looked for in ``$GENPROP_DATA`` too.
        mix: what to do with several channels: ``"mean"``, the number of one, or refuse them.

    Raises:
        DataError: where soundfile is not installed, for a file that is missing, or that it cannot
            read, and for a sound that is empty, not finite or of several channels without ``mix``.
    """
    path = existing(path)
    package = _package(path)
    with reading(path, "sound", DataError, "convert it to WAV or FLAC, or fetch it again"):
        wave, rate = _whole(package, path)
    mono, speed = _wave(wave, str(path), mix), _rate(float(rate), str(path))
    return Sound(mono, speed, str(path), np.shape(wave)[1])


def refuse_beyond(low: float, high: float, rate: float) -> None:
    """Refuse bands that do not rise, or lie beyond half the sampling rate; all in Hz."""
    if not low < high <= rate / 2:
        raise DataError(
            f"bands from {low:g} to {high:g} Hz do not fit a sampling rate of {rate:g} Hz, whose "
            f"waves end at {rate / 2:g} Hz",
            remedy=f"give low < high ≤ {rate / 2:g} Hz, or sounds that were sampled faster",
        )


def _package(path: Path) -> Any:
    try:
        return importlib.import_module("soundfile")
    except (ImportError, OSError) as absent:  # OSError: its library libsndfile is missing
        raise DataError(
            "sounds are read by soundfile, which is not installed",
            where=str(path),
            remedy="pip install 'genprop[audio]', or give arrays and their rate",
        ) from absent


def _arrays(sounds: object) -> Sequence[npt.ArrayLike]:
    if isinstance(sounds, np.ndarray):
        one = cast("npt.NDArray[Any]", sounds)
        return [one] if one.ndim == 1 and one.dtype != object else list(one)
    if isinstance(sounds, Sequence) and not isinstance(sounds, (str, bytes)):
        found = cast("Sequence[npt.ArrayLike]", sounds)
        if found and all(np.ndim(x) for x in found):
            return found
    raise DataError(
        f"{type(sounds).__name__} {sounds!r:.40} holds no sounds",
        remedy="give a folder, paths, a list of waves, or an array (sounds, n)",
    )


def _whole(package: Any, path: Path) -> tuple[Wave, float]:
    """The wave (n, channels) and its rate [Hz], as long as it is, whatever its header promises."""
    with package.SoundFile(str(path)) as file:
        frames = max(1, _BLOCK // file.channels)
        blocks = [file.read(frames, dtype="float64", always_2d=True)]
        while len(blocks[-1]) == frames:
            blocks.append(file.read(frames, dtype="float64", always_2d=True))
        return np.concatenate(blocks), float(file.samplerate)


def _rate(rate: float, where: str) -> float:
    if not 0 < rate <= _FASTEST:
        raise DataError(
            f"a sampling rate of {rate:g} Hz cannot be",
            where=where,
            remedy=f"give it in Hz: 16000; sounds have at most {_FASTEST:g}",
        )
    return rate


def _wave(given: npt.ArrayLike, where: str, mix: Mix) -> Wave:
    """(n,) float64 of integers, floats, and one or several channels (n, channels)."""
    array = np.asarray(given)
    if array.dtype.kind not in "iuf":
        raise DataError(
            f"a wave of {array.dtype} is none", where=where, remedy="give integers or floats"
        )
    if array.ndim not in (1, 2) or not array.size:
        empty = "empty" if not array.size else f"of shape {array.shape}"
        raise DataError(
            f"the sound is {empty}", where=where, remedy="give (n,), or (n, channels); leave it out"
        )
    wave = _mono(_scaled(array), where, mix)
    if not np.isfinite(wave).all():
        first = int(np.flatnonzero(~np.isfinite(wave))[0])
        raise DataError(
            f"the sound holds {wave[first]} at sample {first}",
            where=where,
            remedy="remove what is not finite, or leave the sound out",
        )
    if np.abs(wave).max() > _LOUDEST:
        raise DataError(
            f"a float wave reaches {np.abs(wave).max():g}; full scale is 1",
            where=where,
            remedy="give integers as they are, or divide by full scale: x / 32768",
        )
    return wave


def _scaled(array: npt.NDArray[Any]) -> Wave:
    """Integers by their own full scale; unsigned ones, as in WAV, are 0 at their middle."""
    wave = array.astype(np.float64)
    if array.dtype.kind == "f":
        return wave
    half = 2.0 ** (8 * array.dtype.itemsize - 1)
    return wave / half if array.dtype.kind == "i" else (wave - half) / half


def _mono(wave: Wave, where: str, mix: Mix) -> Wave:
    if wave.ndim == 1:
        return wave
    count = wave.shape[1]
    if count == 1:
        return wave[:, 0]
    if count > len(wave):
        raise DataError(
            f"a sound of shape {wave.shape} has more channels than samples",
            where=where,
            remedy="give (n, channels): x.T",
        )
    if mix == "mean":
        return wave.mean(axis=1)
    if isinstance(mix, int) and not isinstance(mix, bool) and 0 <= mix < count:
        return wave[:, mix]
    fault = f"the sound has {count} channels" + ("" if mix is None else f", and mix={mix!r:.40}")
    raise DataError(
        fault, where=where, remedy='mix="mean" averages them, mix=0 takes the first alone'
    )
