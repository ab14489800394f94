"""Names that moved: the old one leads to the new one, with a DeprecationWarning."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["forward"]


def forward(module: str, moved: Mapping[str, str]) -> Callable[[str], object]:
    """The ``__getattr__`` (PEP 562) of a module whose names moved.

    ``moved`` tells by the old name where it is now, below genprop: ``"experiment.Config"``.
    """

    def find(name: str) -> object:
        if name not in moved:
            raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)
        place, _, new = moved[name].rpartition(".")
        warnings.warn(
            f"{module}.{name} is now genprop.{moved[name]}", DeprecationWarning, stacklevel=2
        )
        return getattr(import_module(f"genprop.{place}"), new)

    return find
