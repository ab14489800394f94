"""HDF5 files of strangers: opened after a look at everything in them, before any of it is read."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from genprop._reading import reading, refuse_bloated

if TYPE_CHECKING:
    import h5py

    from genprop.errors import GenpropError

__all__ = ["checked", "opened"]

_MOST = 1_000_000  # objects in a file


@contextlib.contextmanager
def opened(
    path: str | Path, what: str, fault: type[GenpropError], remedy: str
) -> Generator[h5py.File]:
    """The file, open for reading; whatever goes wrong within is a ``fault``, see ``reading``.

    Links to other places or files, data in other files, rings of groups and arrays that are far
    larger than what is stored of them are refused.
    """
    import h5py

    with reading(path, what, fault, remedy):
        checked(path)
        with h5py.File(path, "r") as file:
            yield file


def checked(path: str | Path) -> None:
    """Look at everything in a file, within ``reading``."""
    import h5py

    Path(path).stat()
    with h5py.File(path, "r") as file:
        _look(file)


def _look(file: h5py.File) -> None:
    import h5py

    waiting: list[h5py.Group] = [file]
    seen: set[object] = set()
    for _ in range(_MOST):
        if not waiting:
            return
        group = waiting.pop()
        address = h5py.h5o.get_info(group.id).addr  # pyright: ignore[reportAttributeAccessIssue]
        if address in seen:
            raise ValueError(f"{group.name} holds itself, or is held twice")
        seen.add(address)
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{name} is a link to another place")
            found = group[name]
            if isinstance(found, h5py.Group):
                waiting.append(found)
            elif isinstance(found, h5py.Dataset):
                _look_at(found)
    raise ValueError(f"it holds more than {_MOST} groups")


def _look_at(found: h5py.Dataset) -> None:
    if found.is_virtual or found.external:
        raise ValueError(f"the data of {found.name} lie in another file")
    if found.shape is not None:
        wanted = math.prod(int(n) for n in found.shape) * found.dtype.itemsize
        refuse_bloated(wanted, int(found.id.get_storage_size()), str(found.name))
