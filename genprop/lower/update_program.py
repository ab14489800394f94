"""An optimiser as the Program holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genprop.lower.nodes import Assign

__all__ = ["UpdateProgram"]


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
