"""HDF5 files of strangers: a caller gets an image of their values, which another process made.

HDF5 ends the process over some damaged files, and that is not to be the user's: see ``_isolated``.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from genprop._isolated import isolated
from genprop._reading import reading

if TYPE_CHECKING:
    import h5py

    from genprop.errors import GenpropError

__all__ = ["imaged", "opened"]


@contextlib.contextmanager
def opened(
    path: str | Path, what: str, fault: type[GenpropError], remedy: str
) -> Generator[h5py.File]:
    """The values of a file, open for reading; what goes wrong within is a ``fault``.

    Links to other places or files, data in other files, rings of groups and arrays that are far
    larger than what is stored of them are refused. Attributes that are neither numbers nor text
    are left out.
    """
    import h5py

    with reading(path, what, fault, remedy), h5py.File(imaged(path), "r") as file:
        yield file


def imaged(path: str | Path) -> io.BytesIO:
    """The image that ``opened`` opens, within ``reading``; it is an HDF5 file itself."""
    size = Path(path).stat().st_size
    return io.BytesIO(
        isolated("genprop._hdf5_copy", "copied", str(Path(path).absolute()), size=size)
    )
