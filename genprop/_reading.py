"""Files of strangers: whatever is wrong with one is a GenpropError that names it, soon.

What a file asks for is bounded by its own size; nothing in it is executed, and no link in it leads
elsewhere. HDF5 has a file of its own, ``_hdf5``.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import zipfile
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from genprop.errors import GenpropError

__all__ = [
    "Arrays",
    "as_integers",
    "npz_names",
    "one_count",
    "one_number",
    "read_json",
    "read_npy",
    "read_npz",
    "reading",
    "refuse_bloated",
]

Arrays = dict[str, npt.NDArray[np.generic]]

_FACTOR, _FREE = 64, 1 << 26
"""A packed file may unfold to 64 times its size, and to 64 MiB in any case."""
_HEADER = 10_000
"""Bytes of the longest header of an array, as numpy bounds it."""


@contextlib.contextmanager
def reading(path: str | Path, what: str, fault: type[GenpropError], remedy: str) -> Generator[None]:
    """Turn every foreign exception within into a ``fault`` that names the file.

    Also a memory or a recursion that does not suffice: what asks for that much is no sound file.

    Args:
        path: the file.
        what: what was expected: ``"checkpoint"``.
        fault: the class of error that callers of this reader know.
        remedy: what to do about it.
    """
    try:
        yield
    except GenpropError:
        raise
    except FileNotFoundError as error:
        raise fault("there is no such file", where=str(path), remedy="check the path") from error
    except Exception as error:
        words = " ".join(str(error).strip("'\"").split())[:200]
        detail = f"{type(error).__name__}: {words}" if words else type(error).__name__
        raise fault(
            f"this is no whole {what} ({detail})", where=str(path), remedy=remedy
        ) from error


def refuse_bloated(wanted: int, stored: int, name: str) -> None:
    """Refuse an array of ``wanted`` bytes of which ``stored`` are in the file.

    Raises:
        ValueError: for one that is far larger; :func:`reading` translates it.
    """
    if wanted > _FACTOR * stored + _FREE:
        raise ValueError(f"{name} would fill {wanted} bytes and holds {stored}")


def read_json(path: Path) -> object:
    """The content of a JSON file, within :func:`reading`."""
    return json.loads(path.read_text(encoding="utf-8-sig"))


def read_npy(path: Path) -> npt.NDArray[np.generic]:
    """The array of an ``.npy``, within :func:`reading`."""
    with path.open("rb") as stream:
        return _array(stream, path.stat().st_size, path.name)


def read_npz(path: Path, names: Sequence[str] | None = None) -> Arrays:
    """The arrays of an ``.npz``, all or those named, within :func:`reading`."""
    found: Arrays = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            if names is None or name in names:
                refuse_bloated(member.file_size, member.compress_size, name)
                with archive.open(member) as stream:
                    found[name] = _array(stream, member.file_size, name)
    return found


def npz_names(path: Path) -> tuple[str, ...]:
    """The names of the arrays of an ``.npz``, within :func:`reading`."""
    with zipfile.ZipFile(path) as archive:
        return tuple(name.removesuffix(".npy") for name in archive.namelist())


def as_integers(values: npt.NDArray[np.generic], name: str) -> npt.NDArray[np.int64]:
    """Integers of a file as int64, also those that stand there as floats.

    Raises:
        ValueError: for other numbers, text or records; :func:`reading` translates it.
    """
    if values.dtype.kind in "iuf":
        with np.errstate(invalid="ignore"):
            whole = values.astype(np.int64)
        if np.array_equal(whole, values):
            return whole
    raise ValueError(f"{name} holds what is not whole, or no number of 64 bits")


def one_number(values: npt.NDArray[np.generic], name: str) -> float:
    """The one finite number that an array of a file holds.

    Raises:
        ValueError: for anything else; :func:`reading` translates it.
    """
    if values.size != 1 or values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        raise ValueError(f"{name} is not one finite number")
    return float(values.astype(np.float64).ravel()[0])


def one_count(value: float, name: str) -> int:
    """A count that stands in a file as a float: whole, not negative, and exact there.

    Raises:
        ValueError: for anything else; :func:`reading` translates it.
    """
    if not 0 <= value <= 2**53 or value != int(value):
        raise ValueError(f"{name} is {value:g}, which is no count")
    return int(value)


def _array(stream: IO[bytes], size: int, name: str) -> npt.NDArray[np.generic]:
    """One array in numpy's format, whose header is held against the ``size`` of the stream."""
    version = np.lib.format.read_magic(stream)
    headers = {
        (1, 0): (2, np.lib.format.read_array_header_1_0),
        (2, 0): (4, np.lib.format.read_array_header_2_0),
    }
    if version not in headers:
        raise ValueError(f"{name} has version {version} of the format")
    width, read_header = headers[version]
    begin = stream.read(width)
    header = stream.read(min(int.from_bytes(begin, "little"), _HEADER))
    ast.literal_eval(header.decode("latin1"))  # numpy mends with a warning what is none
    shape, fortran, dtype = read_header(io.BytesIO(begin + header))
    count = 1
    for extent in shape:
        count *= int(extent)
    if dtype.hasobject or dtype.kind == "c" or not dtype.itemsize or min(shape, default=0) < 0:
        raise ValueError(
            f"{name} holds objects, complex numbers, nothing, or a negative number of elements"
        )
    if count * dtype.itemsize > size:
        raise ValueError(f"{name} is cut off: {shape} elements of {dtype} in {size} bytes")
    data = stream.read(count * dtype.itemsize)
    values = np.frombuffer(bytearray(data), dtype, count)
    return values.reshape(shape[::-1]).T if fortran else values.reshape(shape)
