"""RawHD: the audio of the Heidelberg Digits as 40 mel bands × frames of 10 ms.

Of the audio archive's folder: ``train_filenames.txt``, ``test_filenames.txt``, and the recordings
they name below ``audio/``. No file of it was at hand; what stands here is the description of
arXiv:2407.18917, tried on made recordings only.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    import numpy.typing as npt

BANDS, POINTS = 40, 512
_NAMED = re.compile(r"lang-(english|german)_.*digit-(\d)")


def rawhd_frames(
    folder: Path, part: str, length: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Frames (samples, 40, length) and labels of ``"train"`` or ``"test"``.

    Labels are those of SHD: the digit in English, 10 + the digit in German. A sample is
    standardised as a whole, cut at ``length`` frames or filled with its least value.

    Raises:
        DataError: for files that are missing, or named in another way.
    """
    listing = folder / f"{part}_filenames.txt"
    if not listing.exists():
        raise DataError(
            f"{listing.name} is not there",
            where=str(folder),
            remedy="give the unpacked folder of the Heidelberg Digits' audio, hd_audio",
        )
    names = listing.read_text(encoding="utf-8").split()
    found = [_NAMED.search(name) for name in names]
    if not names or None in found:
        raise DataError(f"{listing.name} names no lang-…_digit-… recordings", where=str(folder))
    labels = [int(m[2]) + 10 * (m[1] == "german") for m in found if m is not None]
    x = [_fitted(mel(*_read(folder / "audio" / name)), length) for name in names]
    return np.stack(x), np.array(labels, np.int64)


def mel(sound: npt.NDArray[np.float64], rate: float) -> npt.NDArray[np.float64]:
    """Logarithms of 40 triangular mel bands, (40, frames): 25 ms Hamming windows every 10 ms.

    Pre-emphasis 0.95, 512 points of the Fourier transform.

    Args:
        sound: (n,) the wave.
        rate: its sampling rate [Hz].
    """
    steep = np.append(sound[:1], sound[1:] - 0.95 * sound[:-1])
    width, step = round(0.025 * rate), round(0.01 * rate)
    steep = np.pad(steep, (0, max(width - steep.size, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(steep, width)[::step]
    points = max(POINTS, 1 << (width - 1).bit_length())
    power = np.abs(np.fft.rfft(windows * np.hamming(width), points)) ** 2 / points
    return np.log(np.maximum(power @ bands(points, rate).T, 1e-10)).T


def bands(points: int, rate: float) -> npt.NDArray[np.float64]:
    """Triangles (40, points/2 + 1), evenly spaced in mel from 0 to half the sampling rate."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, BANDS + 2) / 2595) - 1)
    at = np.fft.rfftfreq(points, 1 / rate)
    low, middle, high = (edges[k : k + BANDS, None] for k in range(3))
    return np.maximum(np.minimum((at - low) / (middle - low), (high - at) / (high - middle)), 0)


def _fitted(logs: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float32]:
    x = (logs - logs.mean()) / max(float(logs.std()), 1e-6)
    fill = ((0, 0), (0, max(length - x.shape[1], 0)))
    return np.pad(x, fill, constant_values=float(x.min()))[:, :length].astype(np.float32)


def _read(path: Path) -> tuple[npt.NDArray[np.float64], float]:
    try:
        import soundfile  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ConfigurationError(
            "the recordings are FLAC, which soundfile reads", remedy="pip install soundfile"
        ) from error
    sound, rate = soundfile.read(str(path))
    return np.asarray(sound, np.float64).reshape(len(sound), -1).mean(axis=1), float(rate)
