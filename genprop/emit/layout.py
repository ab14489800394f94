"""What a native library was compiled for: the arrays that it reads and writes, by name and size."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from genprop.lower.constants import constant_names

if TYPE_CHECKING:
    from genprop.lower.program import Program, SenderProgram

__all__ = [
    "GROUPS",
    "layout_digest",
    "sender_bytes",
    "sender_numbers",
    "sent_spike_bytes",
    "vector_width",
]

GROUPS = 16
"""Gradient sums of a batch: fixed, so that results do not depend on threads.

No more threads than this are of use.
"""


def layout_digest(program: Program, precision: str) -> str:
    """16 hex digits that change with any size, name or order of the arrays of a batch."""
    facts: list[object] = [precision, program.steps]
    if not program.clock.rounds:
        facts.append(repr(program.clock))
        facts += [repr(p.continuous) for p in program.populations]
    for p in program.populations:
        learned = [q.local for q in p.parameters if q.learned] if p.active else []
        facts.append((p.name, p.size, p.source, p.guard is None, p.refractory is None))
        facts.append((tuple(p.states), constant_names(p), tuple(learned)))
    for s in program.senders:
        learned = [q.local for q in s.cell.parameters if q.learned] if s.cell.active else []
        facts.append((s.projection, s.cell.size, constant_names(s.cell), tuple(learned)))
        facts.append(tuple(s.cell.states))
    for q in program.projections:
        facts.append((q.name, q.pre, q.post, q.receptor, q.connectivity))
        facts.append((q.max_delay_steps, bool(q.delay), q.learn_weight, q.learn_delay))
    facts += [(x.name, x.population) for x in program.losses]
    facts += [(u.name, tuple(u.states), len(u.settings)) for u in program.updates]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def sender_bytes(sender: SenderProgram) -> int:
    """What one thread holds of a sender's side: ``Sender`` of ``platform/sender.hpp``."""
    components = _components(sender) + (len(sender.cell.adjoints) if sender.cell.active else 0)
    return sender.cell.size * (8 * components + 4)


def sender_numbers(sender: SenderProgram) -> int:
    """Bytes of its numbers: the flow and the start of each neuron, where they differ."""
    each, n = any(q.per_neuron for q in sender.cell.parameters), _components(sender)
    sizes = [sender.cell.size if q.per_neuron else 1 for q in sender.cell.parameters]
    return 8 * (sum(sizes) + (sender.cell.size if each else 1) * (n * (n + 1) + n + 1))


def sent_spike_bytes(program: Program, sender: SenderProgram, real: int) -> int:
    """What a spike leaves there, in numbers of ``real`` bytes: ``SenderRecord``."""
    read_apart = not program.clock.rounds and sender.cell.active
    return 16 + 8 * _components(sender) + real + 8 * read_apart


def _components(sender: SenderProgram) -> int:
    assert sender.cell.continuous is not None  # as of every sender
    return len(sender.cell.continuous.states)


def vector_width(numbers: int) -> int:
    """How many numbers a vector with a place for each holds in generated C++: a power of two."""
    return 1 << (numbers - 1).bit_length()
