"""Spike recordings in SHD's HDF5 layout, read once and kept flat in the user's cache.

The layout (Cramer et al. 2022, doi 10.1109/TNNLS.2020.3044364): ``spikes/times`` and
``spikes/units`` with one array of any length per sample, times in seconds; ``labels``;
optionally ``extra/speaker``, and ``extra/keys`` with the names of the classes.

The store has the same events end to end, checked and sorted: ``start``, ``times`` (in seconds, in
the file's own precision: float16, 32 or 64), ``channels``, ``labels``, ``speakers``, ``keys``. It
is made beside its place and moved there in one step, and made anew when the file or a setting
changes or when it is damaged itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import h5py
import numpy as np
import numpy.typing as npt

from genprop._hdf5_copy import checked
from genprop._isolated import EndedError, isolated
from genprop._reading import reading
from genprop._resources import cache_dir
from genprop.data.content import content_of
from genprop.data.files import unpacked
from genprop.data.order import bounds
from genprop.data.recorded import Header, Recordings, end_to_end, header
from genprop.errors import DataError

__all__ = ["recordings"]

Kind = TypeVar("Kind", bound=np.generic)

_VERSION = 2
"""Changes whenever the layout of a store does. Version 1 had at most 32 bits for a time."""

_SAMPLES_AT_ONCE = 512
_EVENTS_AT_ONCE = 1 << 22
_CHUNK = (1 << 18,)


def recordings(file: Path, *, channels: int = 700, cache: bool = True) -> Recordings:
    """The recordings of an ``.h5``, ``.h5.gz`` or ``.h5.zip``.

    Args:
        file: of SHD's layout.
        channels: how many channels there are; a unit beyond is refused.
        cache: keep the store in the user's cache folder and use it the next time.

    Raises:
        DataError: for a file that is damaged, empty or of another layout, for events,
            labels or speakers that do not fit, and for a cache folder that cannot be written.
    """
    if not cache:
        with tempfile.TemporaryDirectory(prefix="genprop-") as folder:
            store = Path(folder) / "store.h5"
            _convert(file, store, channels)
            return _read(store)
    store = _place(file, channels)
    for known in (store, _place(file, channels, version=1)):
        with contextlib.suppress(OSError, KeyError):
            found = _read(known, whole=known == store)
            with contextlib.suppress(OSError):
                known.touch()  # what is not used is pruned first
            return found
    _make(file, store, channels)
    return _read(store)


def _place(file: Path, channels: int, version: int = _VERSION) -> Path:
    """Where the store of a file is: named after file and settings, then after what it holds."""
    origin = _digest(str(file.resolve()), str(channels), str(version))
    key = content_of(file)[:12]
    return cache_dir() / "data" / f"{file.name.split('.')[0]}-{origin}-{key}.h5"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _make(file: Path, store: Path, channels: int) -> None:
    """Write the store beside its place, move it there, and drop those of the file's past."""
    made: Path | None = None
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".making-", suffix=".h5", dir=store.parent)
        os.close(handle)
        made = Path(name)
        _convert(file, made, channels)
        made.replace(store)
        for past in store.parent.glob(f"{store.stem.rpartition('-')[0]}-*.h5"):
            if past != store:
                past.unlink(missing_ok=True)
    except (OSError, RuntimeError) as fault:
        raise DataError(
            f"the flat copy of {file.name} could not be written: {fault}",
            where=str(store.parent),
            remedy="free some space, set GENPROP_CACHE to another folder, or give cache=False",
        ) from fault
    finally:
        if made is not None:
            made.unlink(missing_ok=True)


def _convert(file: Path, store: Path, channels: int) -> None:
    """Write the store of a file, in a process that HDF5 may end: damaged files do that to it."""
    with unpacked(file) as plain:
        call = str(plain.absolute()), str(file), str(store.absolute()), channels
        try:
            isolated(__name__, convert.__name__, *call, size=plain.stat().st_size)
        except (EndedError, MemoryError) as fault:
            with _reading(file):
                raise fault


def convert(plain: str, name: str, store: str, channels: int) -> bytes:
    """Read a file of SHD's layout, which users know by its ``name``; check it, write its store."""
    file = Path(name)
    with _source(Path(plain), file) as source, h5py.File(store, "w") as out:
        times = _part(source, "spikes/times", file)
        units = _part(source, "spikes/units", file)
        _write_header(out, _header(source, (len(times), len(units)), file))
        flat_times = _growing(out, "times", _precision(times))
        flat_channels = _growing(out, "channels", np.uint16 if channels <= 1 << 16 else np.int32)
        counts: list[int] = []
        for first in range(0, len(times), _SAMPLES_AT_ONCE):
            own = slice(first, first + _SAMPLES_AT_ONCE)
            with _reading(file):
                pairs = times[own], units[own]
            count, t, c = end_to_end(*pairs, first=first, channels=channels, file=str(file))
            counts += count.tolist()
            _append(flat_times, t)
            _append(flat_channels, c)
        out["start"] = bounds(np.array(counts, np.int64))
    return b""


def _precision(times: h5py.Dataset) -> type[np.floating]:
    """The type of a file's times, of those a store holds; the widest for any other."""
    kind = h5py.check_vlen_dtype(times.dtype) or np.dtype(np.float64)
    return kind.type if kind.type in (np.float16, np.float32) else np.float64


def _growing(out: h5py.File, name: str, kind: type[np.generic]) -> h5py.Dataset:
    return out.create_dataset(name, (0,), kind, maxshape=(None,), chunks=_CHUNK)


def _append(target: h5py.Dataset, values: npt.NDArray[np.generic]) -> None:
    filled = len(target)
    target.resize(filled + len(values), axis=0)
    target[filled:] = values


def _header(source: h5py.File, samples: tuple[int, int], file: Path) -> Header:
    labels = np.atleast_1d(_values(source, "labels", file))
    with _reading(file):
        more = [name in source for name in ("extra/speaker", "extra/keys")]
    speakers = np.atleast_1d(_values(source, "extra/speaker", file)) if more[0] else None
    keys = np.atleast_1d(_values(source, "extra/keys", file)).tolist() if more[1] else []
    names = [k.decode("utf-8", "replace") if isinstance(k, bytes) else str(k) for k in keys]
    return header(samples, labels, speakers, names, str(file))


def _write_header(out: h5py.File, head: Header) -> None:
    out["labels"] = head.labels
    if head.speakers is not None:
        out["speakers"] = head.speakers
    out.create_dataset("keys", data=list(head.keys), dtype=h5py.string_dtype())


def _read(store: Path, *, whole: bool = True) -> Recordings:
    """The recordings of a store.

    Args:
        store: the file.
        whole: whether its times are those of the file; else only those of 16 bits are surely.

    Raises:
        OSError, KeyError: where it is missing or damaged, or may hold less than the file.
    """
    with h5py.File(store, "r") as source:
        start, labels = source["start"], source["labels"]
        speakers, keys = source.get("speakers"), source["keys"]
        if not all(isinstance(part, h5py.Dataset) for part in (start, labels, keys)):
            raise KeyError("start")
        starts = np.asarray(start, np.int64)
        events = int(starts[-1])
        stored = source["times"]
        if not isinstance(stored, h5py.Dataset) or not (whole or stored.dtype == np.float16):
            raise KeyError("times")
        empty = np.empty(events, np.float64 if stored.dtype == np.float64 else np.float32)
        times = _filled(source, "times", empty)
        times *= times.dtype.type(1000)
        return Recordings(
            starts,
            times,
            _filled(source, "channels", np.empty(events, np.int32)),
            Header(
                np.asarray(labels, np.int64),
                None if speakers is None else np.asarray(speakers, np.int64),
                tuple(k.decode() for k in np.asarray(keys).tolist()),
            ),
        )


def _filled(source: h5py.File, name: str, target: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
    """``target`` with what is stored, piece by piece so that little memory is needed beside it."""
    stored = source[name]
    if not isinstance(stored, h5py.Dataset) or len(stored) != len(target):
        raise KeyError(name)
    for first in range(0, len(target), _EVENTS_AT_ONCE):
        own = slice(first, first + _EVENTS_AT_ONCE)
        target[own] = stored[own]
    return target


@contextlib.contextmanager
def _source(plain: Path, file: Path) -> Generator[h5py.File]:
    """The HDF5 file ``plain``, unpacked from ``file``."""
    with _reading(file):
        checked(plain)
        source = h5py.File(plain, "r")
    with source:
        yield source


def _part(source: h5py.File, name: str, file: Path) -> h5py.Dataset:
    with _reading(file):
        found = source.get(name)
        fits = isinstance(found, h5py.Dataset) and (
            not name.startswith("spikes/") or _has_rows_of_numbers(found)
        )
    if isinstance(found, h5py.Dataset) and fits:
        return found
    raise DataError(
        f"the file has no {name}",
        where=str(file),
        remedy="name a file of SHD's layout: spikes/times, spikes/units, labels",
    )


def _has_rows_of_numbers(found: h5py.Dataset) -> bool:
    entry: object = h5py.check_vlen_dtype(found.dtype)  # of text it is a class of Python's
    return found.ndim == 1 and isinstance(entry, np.dtype) and entry.kind in "iuf"


def _values(source: h5py.File, name: str, file: Path) -> npt.NDArray[np.generic]:
    part = _part(source, name, file)
    with _reading(file):
        if part.dtype.hasobject and h5py.check_string_dtype(part.dtype) is None:
            # of text whose type is damaged HDF5 makes rows of bytes, and dies reading them
            raise ValueError(f"{name} holds rows of any length, not one value each")
        return np.asarray(part[()])


@contextlib.contextmanager
def _reading(file: Path) -> Generator[None]:
    """Turn what HDF5 says of a damaged file into what the user can do."""
    remedy = "it is half downloaded or of another kind: delete it and fetch it again"
    with reading(file, "file: it cannot be read as HDF5", DataError, remedy):
        yield
