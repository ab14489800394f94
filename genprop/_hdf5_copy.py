"""HDF5 files of strangers, looked at and copied value by value where HDF5 may die of them.

What is known to hang it or to ask for much memory is refused beforehand; it still ends the process
over some damaged files (rows that claim to be neither numbers nor text), so this runs apart.
"""

from __future__ import annotations

import io
import math
import mmap
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np

from genprop._reading import refuse_bloated

__all__ = ["checked", "copied"]

_MOST = 1_000_000  # objects in a file
_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3  # filters by HDF5's numbers
_ROW = 16  # bytes of a reference to a row of any length
_HEAP = b"GCOL\1\0\0\0"  # begins a heap of rows of any length, by HDF5's file format


def copied(path: str) -> bytes:
    """An HDF5 file with the values of another, which is looked at beforehand."""
    checked(path)
    image = io.BytesIO()
    with h5py.File(path, "r") as source, h5py.File(image, "w") as target:
        waiting: list[str] = ["/"]
        while waiting:
            own = source[waiting.pop()]
            assert isinstance(own, h5py.Group) and own.name is not None
            _copy_attributes(own, target[own.name])
            for name in own:
                found = own[name]
                if isinstance(found, h5py.Group):
                    target.create_group(str(found.name))
                    waiting.append(str(found.name))
                elif isinstance(found, h5py.Dataset):
                    _copy_attributes(found, _copied_values(found, target))
    return image.getvalue()


def _copied_values(found: h5py.Dataset, target: h5py.File) -> h5py.Dataset:
    values = h5py.Empty(found.dtype) if found.shape is None else found[()]
    return target.create_dataset(str(found.name), data=values, dtype=found.dtype)


def _copy_attributes(found: h5py.HLObject, target: h5py.HLObject) -> None:
    """Those that are numbers, text or empty."""
    for name, value in found.attrs.items():
        kind = value.dtype if isinstance(value, h5py.Empty) else getattr(value, "dtype", None)
        if kind is None or kind.kind in "iufbSU" or h5py.check_string_dtype(kind) is not None:
            target.attrs.create(name, value, dtype=kind)


def checked(path: str | Path) -> None:
    """Look at everything in a file, within ``reading``."""
    with (
        h5py.File(path, "r") as file,
        Path(path).open("rb") as raw,
        mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as held,
    ):
        _look(file, held)
        _look_at_heaps(held, file.id.get_create_plist().get_sizes()[1])


def _look(file: h5py.File, held: mmap.mmap) -> None:
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
