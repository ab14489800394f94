"""The files that mlGeNN's ``Numpy`` serialiser writes: one per epoch, connection and variable."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from genprop._reading import as_integers, read_npy, reading
from genprop.errors import DataError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Files", "choose_epoch", "find_epochs", "read_array", "read_indices"]

_FILE = re.compile(r"(?:(?P<epoch>\d+)-)?(?P<connection>.+)-(?P<what>[^-]+)\.npy")

Files = dict[tuple[str, str], Path]
"""Of one epoch, by connection and variable."""


_AGAIN = "copy it again"


def find_epochs(place: Path) -> dict[int | None, Files]:
    """The files of a folder by epoch and what they hold.

    Raises:
        DataError: for a folder without weights of mlGeNN.
    """
    if not place.is_dir():
        raise DataError("there is no such folder", where=str(place), remedy="check the path")
    epochs: dict[int | None, Files] = {}
    for path in sorted(place.glob("*.npy")):
        found = _FILE.fullmatch(path.name)
        if found is not None:
            epoch = None if found["epoch"] is None else int(found["epoch"])
            epochs.setdefault(epoch, {})[found["connection"], found["what"]] = path
    if not any(what == "g" for files in epochs.values() for _, what in files):
        raise DataError(
            "there are no weights of mlGeNN here",
            where=str(place),
            remedy="give the folder with files such as 49-Conn_input_hidden-g.npy",
        )
    return epochs


def choose_epoch(place: Path, epochs: dict[int | None, Files], wanted: int | None) -> int | None:
    """The epoch that is wanted, or the latest.

    Raises:
        DataError: for one that is not there.
    """
    numbers = sorted(e for e in epochs if e is not None)
    if wanted is None:
        return numbers[-1] if numbers else None
    if wanted not in epochs:
        known = ", ".join(map(str, numbers)) or "only files without a number"
        raise DataError(
            f"there is no epoch {wanted}", where=str(place), remedy=f"there are: {known}"
        )
    return wanted


def read_array(path: Path) -> np.ndarray:
    """The numbers of a file.

    Raises:
        DataError: for a file that is cut off or holds something else.
    """
    with reading(path, "numpy array: it is cut off or no numpy file", DataError, _AGAIN):
        values = read_npy(path)
    if values.dtype.kind not in "fiu":
        raise DataError("it holds no numbers", where=str(path), remedy=_AGAIN)
    return values


def read_indices(path: Path) -> np.ndarray:
    """The neurons in a file, (k,) int64; raises like :func:`read_array`."""
    values = read_array(path)
    with reading(path, "list of neurons", DataError, _AGAIN):
        return as_integers(values.ravel(), "it")
