"""The sha256 of frozen data."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import Protocol

import numpy as np

__all__ = ["STATE", "WHERE_USED", "digest_of"]

WHERE_USED = {"where used": True}
"""Marks a field that counts in the digest where it is not empty only."""
STATE = {"state": True}
"""Marks an array that says how something starts which is state later; the digest takes none."""


def digest_of(value: object, *, state: bool = False) -> str:
    """The sha256 of frozen data (dataclasses, tuples, strings, numbers, arrays), as hex.

    ``state`` says whether arrays count that say how state begins.
    """
    hasher = hashlib.sha256()
    _feed(hasher, value, state)
    return hasher.hexdigest()


class _Hasher(Protocol):
    def update(self, data: bytes, /) -> None: ...


def _feed(hasher: _Hasher, value: object, state: bool) -> None:
    if isinstance(value, np.ndarray):
        hasher.update(f"array{value.shape}{value.dtype.str}".encode())
        hasher.update(np.ascontiguousarray(value).tobytes())
    elif is_dataclass(value):
        hasher.update(type(value).__name__.encode())
        for f in fields(value):
            held = getattr(value, f.name)
            if f.metadata.get("state", False) and not state:
                held = np.zeros(0, np.int64)
            unused = f.metadata.get("where used", False) and held == ()
            if f.compare and f.name not in ("doc", "cite") and not unused:
                _feed(hasher, held, state)
    elif isinstance(value, tuple):
        hasher.update(f"({len(value)}".encode())
        for item in value:
            _feed(hasher, item, state)
    else:
        hasher.update(repr(value).encode() + b";")
