"""Reading ``.npz`` files that users name; nothing in them is executed."""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from genprop.errors import DataError

__all__ = ["npz_names", "read_npz"]


def npz_names(file: Path) -> tuple[str, ...]:
    """The names of the arrays of an ``.npz``.

    Raises:
        DataError: for a file that is missing or damaged.
    """
    with _reading(file), np.load(file, allow_pickle=False) as stored:
        return tuple(stored.files)


def read_npz(file: Path, names: Sequence[str]) -> dict[str, npt.NDArray[np.generic]]:
    """The arrays ``names`` of an ``.npz``.

    Raises:
        DataError: for a file that is missing, damaged, or lacks an array.
    """
    lacking = [name for name in names if name not in npz_names(file)]
    if lacking:
        raise DataError(
            f"the file lacks {', '.join(lacking)}",
            where=str(file),
            remedy=f"it should hold {', '.join(names)}",
        )
    with _reading(file), np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in names}


@contextlib.contextmanager
def _reading(file: Path) -> Generator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, AttributeError) as fault:
        raise DataError(
            f"the file cannot be read as .npz: {fault}",
            where=str(file),
            remedy="it may be half downloaded or of another kind: fetch it again",
        ) from fault
