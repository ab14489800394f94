"""What later stages can say of a description, without describing knowing them.

The face of the package connects :func:`explain` when it is imported; this room stays free of all
others.
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


def connect(question: str, answer: Callable[[object], Shown]) -> None:
    """Let ``answer`` answer ``question``, such as ``"adjoint"``."""
    _connected[question] = answer


def explain(question: str, value: object) -> Shown:
    """The answer to ``question`` about ``value``."""
    if question not in _connected:
        raise InternalError(f"nothing answers {question!r}: genprop was not imported as a package")
    return _connected[question](value)
