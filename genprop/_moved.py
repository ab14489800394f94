"""Names that moved: the old one leads to the new one, with a DeprecationWarning."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar, cast

from genprop._warn import warn

__all__ = ["arguments", "attributes", "forward"]

Function = TypeVar("Function", bound=Callable[..., Any])
Kind = TypeVar("Kind")


def forward(module: str, moved: Mapping[str, str]) -> Callable[[str], object]:
    """The ``__getattr__`` (PEP 562) of a module whose names moved.

    ``moved`` tells by the old name where it is now, below genprop: ``"experiment.Config"``.
    """

    def find(name: str) -> object:
        if name not in moved:
            raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)
        place, _, new = moved[name].rpartition(".")
        warn(f"{module}.{name} is now genprop.{moved[name]}", DeprecationWarning)
        return getattr(import_module(f"genprop.{place}"), new)

    return find


def attributes(**moved: str) -> Callable[[type[Kind]], type[Kind]]:
    """A decorator for classes whose attributes moved, ``old="new"`` each; both work."""

    def decorate(kind: type[Kind]) -> type[Kind]:
        for old, new in moved.items():
            setattr(kind, old, property(_reader(kind.__name__, old, new)))
        kind.__init__ = arguments(**moved)(kind.__init__)
        return kind

    return decorate


def _reader(kind: str, old: str, new: str) -> Callable[[object], object]:
    def read(owner: object) -> object:
        warn(f"{kind}.{old} is now {kind}.{new}", DeprecationWarning)
        return getattr(owner, new)

    return read


def arguments(**moved: str) -> Callable[[Function], Function]:
    """A decorator for functions whose keyword arguments moved, ``old="new"`` each."""

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def call(*args: object, **named: object) -> object:
            for old in moved.keys() & named.keys():
                message = f"{function.__qualname__}({old}=…) is now {moved[old]}=…"
                warn(message, DeprecationWarning)
                named[moved[old]] = named.pop(old)
            return function(*args, **named)

        return cast("Function", call)

    return decorate
