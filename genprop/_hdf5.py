"""HDF5 files of strangers: opened after a look at everything in them, before any of it is read."""

from __future__ import annotations

import contextlib
import math
import mmap
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from genprop._reading import reading, refuse_bloated

if TYPE_CHECKING:
    import h5py
    import numpy as np

    from genprop.errors import GenpropError

__all__ = ["checked", "opened"]

_MOST = 1_000_000  # objects in a file
_HEAP = b"GCOL\1\0\0\0"  # begins a heap of rows of any length, by HDF5's file format


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

    with h5py.File(path, "r") as file:
        _look(file)
        width = file.id.get_create_plist().get_sizes()[1]
    _look_at_heaps(Path(path), width)


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
    import h5py
    import numpy as np

    if found.is_virtual or found.external:
        raise ValueError(f"the data of {found.name} lie in another file")
    if found.shape is not None:
        entry = h5py.check_vlen_dtype(found.dtype)
        if isinstance(entry, np.dtype):  # texts of any length have another
            _look_at_rows(found, math.prod(found.shape), entry)
        wanted = math.prod(int(n) for n in found.shape) * found.dtype.itemsize
        refuse_bloated(wanted, int(found.id.get_storage_size()), str(found.name))


def _look_at_rows(found: h5py.Dataset, count: int, entry: np.dtype) -> None:
    """Refuse rows of any length that claim more than the whole file: HDF5 would make room for them.

    A row lies as its length (4 bytes), the address of its heap and its index there (4 bytes); rows
    that went through filters (compressed, shuffled) lie otherwise and are not looked at.
    """
    import numpy as np

    file, rows_id = found.file.id, found.id
    address = file.get_create_plist().get_sizes()[0]
    row = np.dtype([("length", "<u4"), ("address", f"V{address}"), ("index", "<u4")])
    places = [(rows_id.get_offset(), count * row.itemsize)]
    if found.chunks is not None:
        chunks = map(rows_id.get_chunk_info, range(rows_id.get_num_chunks()))
        skipped = (1 << rows_id.get_create_plist().get_nfilters()) - 1  # the mask of no filter
        places = [(c.byte_offset, c.size) for c in chunks if c.filter_mask & skipped == skipped]
    total = 0
    with Path(found.file.filename).open("rb") as raw:
        for place, size in places:
            if place is not None and size:
                raw.seek(place)
                rows = np.frombuffer(raw.read(size // row.itemsize * row.itemsize), row)
                total += int(rows["length"].sum(dtype=np.uint64))
    if total * entry.itemsize > file.get_filesize():
        raise ValueError(f"the rows of {found.name} claim more than the file holds")


def _look_at_heaps(path: Path, width: int) -> None:
    """Refuse heaps in which HDF5's own reader would go round for ever, or beyond the end.

    A heap is its signature and size, then objects: index and count (8 bytes), size, data; numbers
    have ``width`` bytes, and all parts are whole multiples of 8. Index 0 is free space, the header
    within its size.
    """
    head = 8 + _aligned(width)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:

        def number(at: int) -> int:
            return int.from_bytes(held[at : at + width], "little")

        begin = held.find(_HEAP)
        while begin >= 0:
            end, at = begin + number(begin + 8), begin + head
            while at + head <= end <= len(held):
                free, size = held[at : at + 2] == b"\0\0", number(at + 8)
                step = size if free else head + _aligned(size)
                at = at + step if step >= head else end + 1
            if at > end or end > len(held):
                raise ValueError(f"the heap at byte {begin} does not end where it says")
            begin = held.find(_HEAP, begin + 1)


def _aligned(size: int) -> int:
    return -(-size // 8) * 8
