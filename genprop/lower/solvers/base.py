"""What a solver gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genprop.lower.event_location import EventLocation
    from genprop.lower.nodes import Assign, Statement
    from genprop.lower.program import Propagator

__all__ = ["DEFAULT_SUBSTEPS", "Solution"]

DEFAULT_SUBSTEPS = 2
"""Parts of a step, of solvers that divide it."""


@dataclass(frozen=True, slots=True)
class Solution:
    """One step over dt, free and held, forward and in reverse, with what they read.

    ``tape`` are the states (after delivery, before the step) that the reverse needs. ``location``
    is how spikes are located inside the step, where the solver does.
    """

    step: tuple[Assign, ...]
    held_step: tuple[Assign, ...]
    backward_step: tuple[Statement, ...]
    backward_held_step: tuple[Statement, ...]
    tape: tuple[str, ...]
    propagators: tuple[Propagator, ...]
    location: EventLocation | None = None
