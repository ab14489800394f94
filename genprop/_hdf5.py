"""HDF5 files of strangers: opened after a look at everything in them, before any of it is read."""

from __future__ import annotations

import contextlib
import math
import mmap
import zlib
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from genprop._reading import reading, refuse_bloated

if TYPE_CHECKING:
    import h5py

    from genprop.errors import GenpropError

__all__ = ["checked", "opened"]

_MOST = 1_000_000  # objects in a file
_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3  # filters by HDF5's numbers
_ROW = 16  # bytes of a reference to a row of any length
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

    with (
        h5py.File(path, "r") as file,
        Path(path).open("rb") as raw,
        mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as held,
    ):
        _look(file, held)
        _look_at_heaps(held, file.id.get_create_plist().get_sizes()[1])


def _look(file: h5py.File, held: mmap.mmap) -> None:
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
                _look_at(found, held)
    raise ValueError(f"it holds more than {_MOST} groups")


def _look_at(found: h5py.Dataset, held: mmap.mmap) -> None:
    import h5py
    import numpy as np

    if found.dtype.kind == "c":
        raise ValueError(f"{found.name} holds complex numbers")
    if found.is_virtual or found.external:
        raise ValueError(f"the data of {found.name} lie in another file")
    if found.shape is None:
        return
    stored, name = int(found.id.get_storage_size()), str(found.name)
    for shape in (found.shape, found.chunks or ()):  # HDF5 makes room for whole chunks
        wanted = math.prod(int(n) for n in shape) * found.id.get_type().get_size()
        refuse_bloated(wanted, stored, name)
    entry = h5py.check_vlen_dtype(found.dtype)
    text = h5py.check_string_dtype(found.dtype)
    width = entry.itemsize if isinstance(entry, np.dtype) else int(text is not None)
    if found.dtype.hasobject and not width:
        raise ValueError(f"{name} holds references, or rows of any length within records")
    rows = found.dtype.hasobject
    total = 0
    for part in _parts(found, held) if rows or found.chunks else ():
        if part is None and rows:
            raise ValueError(f"the rows of {name} are packed so that they cannot be looked at")
        if part is not None and rows:
            total += _claimed(part, found.file.id.get_create_plist().get_sizes()[0])
    if total * width > len(held):
        raise ValueError(f"the rows of {name} claim more than the file holds")


def _claimed(part: bytes, address: int) -> int:
    """How many numbers some rows of any length claim: HDF5 would make room for them.

    A row lies as its length (4 bytes), the address of its heap and its index there (4 bytes).
    """
    import numpy as np

    row = np.dtype([("length", "<u4"), ("address", f"V{address}"), ("index", "<u4")])
    rows = np.frombuffer(part[: len(part) // row.itemsize * row.itemsize], row)
    return int(rows["length"].sum(dtype=np.uint64))


def _parts(found: h5py.Dataset, held: mmap.mmap) -> Iterator[bytes | None]:
    """What lies in the file of a data set, as it was before filters; None where that is unknown."""
    size = found.id.get_type().get_size()
    if found.chunks is None:
        place = found.id.get_offset()
        if place is not None:
            assert found.shape is not None
            yield held[place : place + math.prod(found.shape) * max(size, _ROW)]
        return
    plan, width = found.id.get_create_plist(), _ROW if found.dtype.hasobject else size
    filters = [plan.get_filter(k) for k in range(plan.get_nfilters())]
    most = 2 * math.prod(found.chunks) * max(size, _ROW) + 64
    for chunk in map(found.id.get_chunk_info, range(found.id.get_num_chunks())):
        if chunk.byte_offset + chunk.size > len(held):
            raise ValueError("a chunk claims more than the file holds")
        part: bytes | None = held[chunk.byte_offset : chunk.byte_offset + chunk.size]
        for k, (code, _, values, _) in reversed([*enumerate(filters)]):
            if part is not None and not chunk.filter_mask >> k & 1:
                part = _unpacked(part, code, values, most)
        if part is not None and len(part) < math.prod(found.chunks) * width:
            raise ValueError("a chunk holds less than it is declared to")
        yield part


def _unpacked(part: bytes, code: int, values: Sequence[int], most: int) -> bytes | None:
    """One filter of HDF5 undone; None for one that is not known.

    Raises:
        ValueError, zlib.error: for what unfolds to more than ``most`` bytes, or is damaged.
    """
    import numpy as np

    if code == _DEFLATE:
        plain = zlib.decompressobj().decompress(part, most + 1)
        if len(plain) > most:
            raise ValueError("a chunk unfolds to more than it is declared to hold")
        return plain
    if code == _SHUFFLE and values:
        count = len(part) // values[0]
        mixed = np.frombuffer(part[: count * values[0]], np.uint8).reshape(values[0], count)
        return mixed.T.tobytes() + part[count * values[0] :]
    return part[:-4] if code == _CHECKSUM else None


def _look_at_heaps(held: mmap.mmap, width: int) -> None:
    """Refuse heaps in which HDF5's own reader would go round for ever, or beyond the end.

    A heap is its signature and size, then objects: index and count (8 bytes), size, data; numbers
    have ``width`` bytes, and all parts are whole multiples of 8. Index 0 is free space, the header
    within its size.
    """
    head = 8 + _aligned(width)

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
