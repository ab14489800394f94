"""What was derived once, remembered in the user's cache under what it was derived from."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from functools import cache as once
from pathlib import Path
from typing import TypeVar

from genprop._resources import data_dir
from genprop._version import __version__
from genprop.build import cache
from genprop.emit.templates import own_templates

__all__ = ["fingerprint", "remembered"]

T = TypeVar("T")


def remembered(make: Callable[[], T], *words: str) -> T:
    """What ``make()`` gives, or gave for the same ``words``, code and templates."""
    key = cache.digest("program", *words, fingerprint(), own_templates())
    if (found := cache.read_blob(key)) is not None:
        return pickle.loads(found)  # our own file, sealed by a checksum, in the user's cache
    made = make()
    cache.write_blob(key, pickle.dumps(made))
    return made


@once
def fingerprint() -> str:
    """Names this version of genprop's code and templates: a change of either derives anew."""
    hasher = hashlib.sha256(__version__.encode())
    package = Path(__file__).parents[1]
    rooms = ("equations", "adjoint", "lower", "numerics", "emit", "backends")
    folders = [*(package / room for room in rooms), data_dir("templates")]
    for path in sorted(
        p for folder in folders for p in folder.rglob("*") if p.suffix in (".py", ".j2")
    ):
        hasher.update(path.read_bytes())
    return hasher.hexdigest()
