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

import genprop as gp
from genprop.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt

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
    x = [_fitted(_logs(folder / "audio" / name), length) for name in names]
    return np.stack(x), np.array(labels, np.int64)


def _fitted(logs: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float32]:
    x = (logs - logs.mean()) / max(float(logs.std()), 1e-6)
    fill = ((0, 0), (0, max(length - x.shape[1], 0)))
    return np.pad(x, fill, constant_values=float(x.min()))[:, :length].astype(np.float32)


def _logs(path: Path) -> npt.NDArray[np.float64]:
    sound = gp.data.file_sound(path, mix="mean")
    return gp.data.mel_bands(sound.wave, sound.rate)
