"""What a run can record, by name."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from genprop.errors import DataError, did_you_mean
from genprop.runtime.spike_times import SPIKE_TIMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genprop.lower.program import Program

__all__ = ["recordable", "recordable_states", "refuse_unrecordable"]


def recordable_states(program: Program) -> list[str]:
    """``"population.state"`` of all neurons, and ``"projection.state"`` of all senders."""
    alive = [p for p in program.populations if not p.source]
    states = [f"{p.name}.{x}" for p in alive for x in p.recordable]
    return states + [f"{s.projection}.{x}" for s in program.senders for x in s.cell.states]


def recordable(program: Program) -> list[str]:
    """All states, and ``"population.spikes"``, ``".spike_times"`` where neurons spike."""
    spiking = [p.name for p in program.populations if p.guard is not None]
    spikes = [f"{name}.{what}" for name in spiking for what in ("spikes", SPIKE_TIMES)]
    return [*recordable_states(program), *spikes]


def refuse_unrecordable(known: Iterable[str], record: Sequence[str]) -> None:
    """Refuse what is no list of ``known`` names.

    Raises:
        DataError: naming the closest that can be recorded.
    """
    known = sorted(known)
    if isinstance(record, (str, bytes)) or not isinstance(record, Collection):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DataError(
            f"what is recorded is given as a list, not as {record!r:.60}",
            where="run(record=…)",
            remedy=f"record=[{record!r:.60}]" if record in known else f"record={known[:1]}",
        )
    for name in record:
        if not isinstance(name, str) or name not in known:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DataError(
                f"{name!r:.60} cannot be recorded",
                where="run(record=…)",
                remedy=did_you_mean(name, known),
            )
