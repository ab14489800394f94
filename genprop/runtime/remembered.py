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
from genprop.emit.environment import remember_compiled
from genprop.emit.templates import own_templates

__all__ = ["code_digest", "fingerprint", "remembered", "rendered"]

T = TypeVar("T")

_PACKAGE = Path(__file__).parents[1]


def remembered(make: Callable[[], T], *words: str) -> T:
    """What ``make()`` gives, or gave for the same ``words``, code and templates."""
    key = cache.digest("program", *words, fingerprint(), own_templates())
    if (found := cache.read_blob(key)) is not None:
        return pickle.loads(found)  # our own file, sealed by a checksum, in the user's cache
    made = make()
    cache.write_blob(key, pickle.dumps(made))
    return made


def rendered(render: Callable[[], T], *words: str) -> T:
    """:func:`remembered` of a text; the templates that it is made of are compiled once for all."""

    def made() -> T:
        remember_compiled(cache.read_blob, cache.write_blob)
        return render()

    return remembered(made, *words)


@once
def fingerprint() -> str:
    """Names this version of genprop's code and templates: a change of either derives anew."""
    rooms = ("equations", "adjoint", "lower", "numerics", "emit", "backends")
    return _digest_of(*(_PACKAGE / room for room in rooms))


@once
def code_digest() -> str:
    """Names all of genprop's code, that which learns, reads data and writes too."""
    return _digest_of(_PACKAGE)


def _digest_of(*folders: Path) -> str:
    """Of the code in ``folders``, and of the templates."""
    hasher = hashlib.sha256(__version__.encode())
    every = (p for folder in (*folders, data_dir("templates")) for p in folder.rglob("*"))
    for path in sorted(p for p in every if p.suffix in (".py", ".j2")):
        hasher.update(path.read_bytes())
    return hasher.hexdigest()
