"""Names by which a Program reads what the machine that runs it gives, and what it gives back."""

from __future__ import annotations

__all__ = ["COST", "FRACTION", "RATE", "crossing_name"]

FRACTION = "fraction"
"""The part of the step that lies before the crossing: what machines give to the spike's tape."""
RATE = "crossing_rate"
"""The column of a spike's tape with ġ where the threshold was crossed."""
COST = "cost"
"""What the jump of a sender assigns: what moving the spike's time costs its states."""


def crossing_name(state: str) -> str:
    """The name by which a spike's tape reads ``state`` where the guard was crossed."""
    return f"{state}_crossing"
