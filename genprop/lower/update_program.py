"""An optimiser as the Program holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop.lower.nodes import names_in

if TYPE_CHECKING:
    from genprop.lower.nodes import Assign

__all__ = ["COUNT", "UpdateProgram"]

COUNT = "n"
"""The number of the update, from 1; and the state of a parameter whose elements count their own."""


@dataclass(frozen=True, slots=True)
class UpdateProgram:
    """One optimiser over ``parameters`` (flat names): per element of x and its gradient g.

    ``constants`` are computed once per update from ``settings`` and the 1-based count ``n``;
    ``body`` assigns ``states`` and ``x`` in order. Bounds are applied after.
    """

    name: str
    parameters: tuple[str, ...]
    settings: tuple[tuple[str, float], ...]
    states: tuple[str, ...]
    constants: tuple[Assign, ...]
    body: tuple[Assign, ...]

    @property
    def reads_count(self) -> bool:
        """Whether the number of the update counts, as for Adam's bias correction."""
        return any(COUNT in names_in(line.value) for line in (*self.constants, *self.body))
