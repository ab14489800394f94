"""The content of a file as a digest: neither its size nor its date say what it holds."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from genprop._resources import cache_dir

__all__ = ["content_of"]

_BLOCK = 1 << 20


def content_of(file: Path) -> str:
    """sha256 of what ``file`` holds, as hex.

    It is read anew unless neither size nor any date of it, the one that no program can set among
    them, nor its place on the disk has changed since.
    """
    state = file.stat()
    numbers = (state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_dev)
    known = " ".join(map(str, numbers))
    place = cache_dir() / "seen" / hashlib.sha256(str(file.resolve()).encode()).hexdigest()
    with contextlib.suppress(OSError, ValueError):
        before, found = place.read_text(encoding="ascii").split("\n")
        if before == known and len(found) == 64:
            return found
    found = _digest(file)
    _keep(place, f"{known}\n{found}")
    return found


def _digest(file: Path) -> str:
    hasher = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            hasher.update(block)
    return hasher.hexdigest()


def _keep(place: Path, text: str) -> None:
    """Write it whole, or not at all: without it the file is read again."""
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=place.parent)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(text)
            Path(name).replace(place)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
