"""How much memory a network holds while it runs, from its Program."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from genprop._checks import within_memory
from genprop.backends.base import MemoryEstimator
from genprop.emit.layout import GROUPS, sender_bytes, sender_numbers, sent_spike_bytes

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.describe.spec import NetworkSpec
    from genprop.lower.clocks.base import StepClock
    from genprop.lower.program import PopulationProgram, Program

__all__ = ["memory_rows", "memory_text", "refuse_beyond_memory"]

_REAL, _PAIR = 4, 8
"""Bytes of a number and of a pair in single precision."""
_LEVELS = (GROUPS - 1).bit_length()
"""Of the tree that adds gradient sums: one sum waits at each at most, beside those of threads."""


def memory_text(spec: NetworkSpec, program: Program, batch: int) -> str:
    """A table of what is held, in single precision; rows marked * are held once per thread."""
    rows = list(memory_rows(spec, program, batch))
    width = max(len(what) for what, _ in rows)
    lines = [f"{what.ljust(width)} {size / 1e6:10.3f} MB" for what, size in rows]
    shared = sum(size for what, size in rows if not what.endswith("*"))
    own = sum(size for what, size in rows if what.endswith("*"))
    total = f"{shared / 1e6:.1f} MB, and {own / 1e6:.1f} MB for every thread"
    taped = "Spikes" if program.clock.rounds else "States and adjoints, spikes and arrivals"
    sent = [
        f"One that {s.projection} sends leaves {sent_spike_bytes(program, s, _REAL)} bytes there."
        for s in program.senders
    ]
    return "\n".join([*lines, total, f"{taped} are taped as they come, in addition.", *sent])


def refuse_beyond_memory(target: Target, spec: NetworkSpec, program: Program) -> None:
    """Refuse a network that one thread could not run, before anything is compiled for it.

    A target that lays its memory out in its own way is left to refuse it itself.

    Raises:
        UnsupportedError: naming the largest array and what there is.
    """
    if isinstance(target, MemoryEstimator):
        return
    rows = sorted(memory_rows(spec, program, 1), key=lambda row: row[1], reverse=True)
    total, (what, size) = sum(size for _, size in rows), rows[0]
    within_memory(
        total / 8,
        f"the network, with {size / 1e9:.3g} GB of {what.rstrip(' *')},",
        "a shorter trial, shorter delays or smaller populations: genprop show NET --stage memory",
    )


def memory_rows(spec: NetworkSpec, program: Program, batch: int) -> Iterator[tuple[str, int]]:
    """(what, bytes): parameters, gradient sums, optimiser states, arrivals, adjoints and tapes."""
    sizes = {p.name: math.prod(p.shape) for p in (*spec.parameters(), *spec.leaves)}
    yield "parameters", _REAL * sum(sizes.values())
    for projection in program.projections:
        if projection.learn_weight or projection.learn_delay:
            synapses = sizes[projection.weight]
            yield f"gradient of {projection.name}", _LEVELS * _PAIR * synapses
            yield f"gradient of {projection.name} *", _PAIR * synapses
    for s in program.senders:
        yield f"numbers at the senders of {s.projection}", sender_numbers(s)
        yield f"states at the senders of {s.projection} *", sender_bytes(s)
        learned = sum(q.learned for q in s.cell.parameters) if s.cell.active else 0
        if learned:
            each = _PAIR * s.cell.size * learned
            yield f"gradient at the senders of {s.projection}", _LEVELS * each
            yield f"gradient at the senders of {s.projection} *", each
    states = sum(len(u.states) * sum(sizes[n] for n in u.parameters) for u in program.updates)
    if states:
        yield "states of the optimisers", _REAL * states
    if program.clock.rounds:
        for population in program.populations:
            yield from _population(population, program.grid)
    counts = sum(p.size for p in program.populations if p.guard is not None)
    yield "spike counts of the batch", _REAL * batch * counts


def _population(p: PopulationProgram, clock: StepClock) -> Iterator[tuple[str, int]]:
    for receptor in p.receptors:
        rows = clock.slots(receptor.max_delay_steps)
        slots, exposed = len(receptor.delivery.slots), len(receptor.delivery.exposed)
        yield f"arrivals at {p.name}.{receptor.name} *", _REAL * slots * rows * p.size
        if p.active:
            yield f"adjoint read at {p.name}.{receptor.name} *", _REAL * exposed * rows * p.size
    taped = len(p.step_tape) + len(p.before_tape)
    if p.active and taped:
        yield f"tape of {p.name}, every step *", _REAL * clock.steps * taped * p.size
