"""What the tapes of a batch take, where a loss sees the batch before its samples run backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genprop.lower.program import Program

__all__ = ["keeps_tapes", "tape_bytes"]


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
