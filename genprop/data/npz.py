"""Reading ``.npz`` files that users name; nothing in them is executed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import genprop._reading as files
from genprop.errors import DataError

__all__ = ["npz_names", "read_npz"]

_KIND = "numpy archive: it cannot be read as .npz"
_REMEDY = "it may be half downloaded or of another kind: fetch it again"


def npz_names(file: Path) -> tuple[str, ...]:
    """The names of the arrays of an ``.npz``.

    Raises:
        DataError: for a file that is missing or damaged.
    """
    with files.reading(file, _KIND, DataError, _REMEDY):
        return files.npz_names(file)


def read_npz(file: Path, names: Sequence[str]) -> files.Arrays:
    """The arrays ``names`` of an ``.npz``.

    Raises:
        DataError: for a file that is missing, damaged, or lacks an array.
    """
    held = npz_names(file)
    lacking = [name for name in names if name not in held]
    if lacking:
        raise DataError(
            f"the file lacks {', '.join(lacking)}",
            where=str(file),
            remedy=f"it should hold {', '.join(names)}",
        )
    with files.reading(file, _KIND, DataError, _REMEDY):
        return files.read_npz(file, names)
