"""What the tapes of a batch take, where a loss sees the batch before its samples run backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.emit.layout import sent_spike_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genprop.lower.clocks.base import Spikes
    from genprop.lower.program import Program

__all__ = ["keeps_tapes", "sent_bytes", "tape_bytes"]


def keeps_tapes(program: Program) -> bool:
    """Whether the tapes of a batch are kept until all its samples have run forwards.

    So it is where a loss sees the mean over the batch (:class:`~genprop.SpikeBudget`); elsewhere a
    thread has the tapes of one sample.
    """
    return any(loss.readout.pooled for loss in program.losses)


def tape_bytes(program: Program, real: int) -> int:
    """Of one sample: what is kept of every step and neuron, ``real`` bytes a number.

    Spikes come in addition. The exact clock keeps what happens inside steps, which is not known
    beforehand: it is taken as the states of every step.
    """
    numbers = 0
    for p in program.populations:
        taped = len(p.step_tape) + len(p.before_tape)
        taped += 0 if program.clock.rounds else len(p.states)
        losses = [x.readout for x in program.losses if x.population == p.name]
        taped += sum(len(r.taped) + r.stepwise for r in losses)
        numbers += program.steps * (taped * p.size if p.active else 0)
    return real * numbers


def sent_bytes(program: Program, real: int, events: Mapping[str, Spikes]) -> int:
    """Of a batch: what the senders' sides keep of the events of sources, by source.

    What they keep of spikes of neurons comes in addition.
    """
    counts = {name: len(found.times) for name, found in events.items()}
    each = ((s, counts.get(s.pre, 0)) for s in program.senders)
    return sum(count * sent_spike_bytes(program, s, real) for s, count in each)
