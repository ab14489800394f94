"""The user's cache folder: compiled libraries, small blobs and data read before.

::

    <cache>/builds/<key>/    entry.json  source/  build.log  and the library
    <cache>/failed/<key>/    the same, of a compile that failed (without a library)
    <cache>/blobs/<key>      32 bytes of sha256, then the data
    <cache>/data/<key>.h5    spike recordings laid out flat; the room of data makes and reads them
    <cache>/seen/<key>       what a data file held, and its dates then; likewise

An entry is made in a temporary folder beside its place and moved there in one step, so there are no
locks, a reader never sees half an entry, and of two builders of the same entry one wins and the
other finds it. Using an entry touches it; pruning goes by last use.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from genprop._resources import cache_dir
from genprop._writing import NO_ROOM
from genprop.build.trust import owned, refuse_shared
from genprop.errors import ConfigurationError, OutputError

__all__ = [
    "KINDS",
    "CacheInfo",
    "clear",
    "digest",
    "info",
    "install",
    "owned",
    "prune",
    "read_blob",
    "refuse_shared",
    "remember",
    "touch",
    "workplace",
    "write_blob",
]

VERSION = 1
"""Changes whenever the layout of the cache or the meaning of a key does."""

KINDS = {"compiled": ("builds", "failed", "blobs"), "data": ("data", "seen")}
"""The kinds of entries that ``info`` and ``clear`` take, and their folders."""

_SKEW = 86400.0  # [s] by which clocks of two machines may differ
_ABANDONED = (
    3600.0  # [s] after which a temporary folder has no living owner: no compile takes so long
)


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What the cache holds: number of entries, size [bytes], and last uses [s since the epoch]."""

    folder: Path
    entries: int
    size: int
    oldest: float
    newest: float


def digest(*parts: str | bytes) -> str:
    """The key of ``parts``: sha256 over the cache's version and each part with its length."""
    hasher = hashlib.sha256(f"genprop-cache-{VERSION}".encode())
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hasher.update(f";{len(data)}:".encode())
        hasher.update(data)
    return hasher.hexdigest()


def remember(key: str) -> Path:
    """Where the blob of ``key`` lies, or would lie."""
    return cache_dir() / "blobs" / key


def read_blob(key: str) -> bytes | None:
    """The data last written for ``key``; None where there is none, or it is damaged."""
    path = remember(key)
    refuse_shared(path.parent)
    try:
        content = path.read_bytes() if owned(path) else b""
    except OSError:
        return None
    checksum, data = content[:32], content[32:]
    if checksum != hashlib.sha256(data).digest():
        return None
    touch(path)
    return data


def write_blob(key: str, data: bytes) -> Path:
    """Keep ``data`` under ``key``, all of it or nothing, and give its place.

    Raises:
        ConfigurationError: where the cache folder cannot be written.
    """
    path = remember(key)
    with _writable(path.parent):
        handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(data).digest() + data)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return path


@contextlib.contextmanager
def workplace(kind: str) -> Generator[Path]:
    """An empty temporary folder beside the entries of ``kind``; gone afterwards if not installed.

    Raises:
        ConfigurationError: where the cache folder cannot be written.
    """
    with _writable(cache_dir() / kind):
        place = Path(tempfile.mkdtemp(prefix=".", suffix=".tmp", dir=cache_dir() / kind))
    try:
        yield place
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise _unwritable(place.parent, error) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def install(place: Path, target: Path, *, sound: Callable[[Path], bool]) -> bool:
    """Move the folder ``place`` to ``target`` in one step; False where a sound entry was there.

    A sound entry is never touched, not even for a moment: another process may be loading it. One
    that is not ``sound`` is moved away, which a reader of it survives.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if _moved(place, target):
        return True
    if sound(target):
        return False
    aside = Path(tempfile.mkdtemp(prefix=".", suffix=".tmp", dir=target.parent))
    with contextlib.suppress(OSError):
        target.replace(aside / "old")
    shutil.rmtree(aside, ignore_errors=True)
    return _moved(place, target)


def _moved(place: Path, target: Path) -> bool:
    """Whether ``place`` could be moved to ``target``, where no entry may lie yet."""
    try:
        place.replace(target)
    except OSError:
        if not target.is_dir():
            raise
        return False
    return True


def touch(path: Path) -> None:
    """Say that ``path`` was used now; a cache that is read-only stays as it is."""
    with contextlib.suppress(OSError):
        os.utime(path)


def info(kind: str = "") -> CacheInfo:
    """What the cache holds now, in all or of one kind of :data:`KINDS`."""
    entries = list(_entries(kind))
    uses = [used for _, _, used in entries if used]
    size = sum(size for _, size, _ in entries)
    return CacheInfo(
        cache_dir(), len(entries), size, min(uses, default=0.0), max(uses, default=0.0)
    )


def prune(max_bytes: int | None = None, older_than: float | None = None, kind: str = "") -> int:
    """Remove what was not used for ``older_than`` seconds, then the least used above ``max_bytes``.

    What is dated in the future has no known age, and goes first. Temporary files and folders that a
    killed process left behind go too. With ``kind``, one of
    :data:`KINDS`, the others stay and do not count. Gives the bytes freed.

    Raises:
        OutputError: where entries cannot be removed; all that can be have gone.
    """
    now, freed, remaining, stuck = time.time(), 0, 0, list[OSError]()
    for path in _leftovers(kind):
        if abs(now - path.stat().st_mtime) > _ABANDONED:
            _remove(path)
    for path, size, used in sorted(_entries(kind), key=lambda entry: entry[2], reverse=True):
        remaining += size
        stale = older_than is not None and now - used > older_than
        if stale or (max_bytes is not None and remaining > max_bytes):
            remaining -= size
            if (fault := _remove(path)) is None:
                freed += size
            else:
                stuck.append(fault)
    if stuck:
        raise OutputError(
            f"{len(stuck)} entries of the cache cannot be removed ({stuck[0].strerror})",
            where=str(stuck[0].filename or cache_dir()),
            remedy=f"you need permission to write there; {freed} bytes were freed",
        )
    return freed


def clear(kind: str = "") -> int:
    """Remove every entry, or those of one kind of :data:`KINDS`, and give the bytes freed.

    Files that are not the cache's own stay.
    """
    freed = prune(max_bytes=-1, kind=kind)
    for place in _places(kind):
        with contextlib.suppress(OSError):
            place.rmdir()
    return freed


def _entries(kind: str) -> Iterator[tuple[Path, int, float]]:
    """(path, bytes, last use) of every finished entry."""
    for path in _children(kind):
        if not path.name.startswith("."):
            with contextlib.suppress(OSError):  # another process may prune at the same time
                files = [p.stat() for p in path.rglob("*")] if path.is_dir() else []
                size = sum(s.st_size for s in files) if path.is_dir() else path.stat().st_size
                manifest = path / "entry.json"
                mark = manifest if manifest.is_file() else path
                used = mark.stat().st_mtime
                yield path, size, used if used < time.time() + _SKEW else 0.0


def _leftovers(kind: str) -> Iterator[Path]:
    return (path for path in _children(kind) if path.name.startswith("."))


def _children(kind: str) -> Iterator[Path]:
    for place in _places(kind):
        if place.is_dir():
            yield from list(place.iterdir())


def _places(kind: str) -> list[Path]:
    """The folders of one kind, or of all."""
    chosen = KINDS if not kind else {kind: KINDS[kind]}
    return [cache_dir() / name for names in chosen.values() for name in names]


def _remove(path: Path) -> OSError | None:
    """Remove an entry; gives why it is still there."""
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except FileNotFoundError:  # another process prunes at the same time
        return None
    except OSError as fault:
        fault.filename = fault.filename or str(path)
        return fault
    return None


@contextlib.contextmanager
def _writable(place: Path) -> Generator[None]:
    """Make ``place``, and tell an unwritable cache as the fault it is."""
    try:
        cache_dir().mkdir(parents=True, exist_ok=True, mode=0o700)
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        refuse_shared(place)
        yield
    except OSError as error:
        raise _unwritable(place, error) from error


def _unwritable(place: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"the cache folder cannot be written ({error.strerror})",
        where=str(place),
        remedy="free some space there, or set GENPROP_CACHE to a folder that you may write",
    )
