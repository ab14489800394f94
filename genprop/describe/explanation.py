"""Hooks by which later stages explain a description, such as by its adjoint equations.

``genprop/__init__.py`` connects them; this room imports none of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from genprop.errors import InternalError

__all__ = ["Shown", "connect", "explain"]


class Shown(Protocol):
    """Equations to read: ``print`` them, ``show()`` them, or let a notebook typeset them."""

    def show(self) -> None:
        """Print the equations."""
        ...

    def latex(self) -> str:
        """The equations as LaTeX."""
        ...


_connected: dict[str, Callable[[object], Shown]] = {}


def connect(kind: str, explanation: Callable[[object], Shown]) -> None:
    """Let ``explanation`` give the explanations of a ``kind``, such as ``"adjoint"``."""
    _connected[kind] = explanation


def explain(kind: str, value: object) -> Shown:
    """The explanation of a ``kind`` for ``value``."""
    if kind not in _connected:
        raise InternalError(f"no {kind!r} is connected: genprop was not imported as a package")
    return _connected[kind](value)
