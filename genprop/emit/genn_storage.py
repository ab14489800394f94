"""What a GeNN neuron model holds: variables, tapes, and their values when a trial begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from genprop.emit.genn_derived import gathered
from genprop.emit.genn_readout import TYPES
from genprop.emit.names import identifier
from genprop.emit.parts import everything
from genprop.emit.readout_view import short_name
from genprop.lower.constants import constant_names
from genprop.lower.nodes import names_in

if TYPE_CHECKING:
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.program import PopulationProgram, Program, ProjectionProgram

__all__ = ["refractory_each", "sends", "taped", "tapes", "variables"]

View = dict[str, object]


def variables(
    p: PopulationProgram, losses: Sequence[LossProgram], program: Program
) -> Iterator[View]:
    """The variables of the neuron model: name, type and access."""
    spiking = p.guard is not None
    read = {n for e in everything(p, losses) for n in names_in(e)}
    yield from (_var(x) for x in p.states)
    if spiking:
        yield _var("spikes", "int")
    if p.refractory:
        yield _var("free_at", "int")
        if refractory_each(p):
            yield _var("refractory_steps", "int", "READ_ONLY")
    yield from (_var(n, access="READ_ONLY") for n, each in constant_names(p) if each and n in read)
    for loss in losses:
        yield from _observed(loss, p)
    yield from (_var(f"dL_d{q.local}", "double") for q in p.parameters if q.learned)
    if p.active:
        yield from (_var(q) for q in p.adjoints)
        if p.refractory:
            yield _var("released")
        for receptor in p.receptors:
            yield _var(f"dL_dw_{identifier(receptor.name)}")
            yield _var(f"dL_dt_{identifier(receptor.name)}")
    if sends(p, program):
        yield _var("adjoint_event", "uint8_t")
    if gathered(p.name, program):
        yield _var("neuron", "uint8_t", "READ_ONLY")


def _observed(loss: LossProgram, p: PopulationProgram) -> Iterator[View]:
    own = identifier(loss.name)
    for buffer in loss.readout.buffers:
        yield _var(f"{short_name(buffer.name)}_{own}", TYPES[buffer.kind])
    if p.active and not loss.readout.stepwise:
        yield _var(f"gradient_{own}", access="READ_ONLY_DUPLICATE")


def _var(name: str, kind: str = "scalar", access: str = "") -> View:
    return {"name": name, "type": kind, "access": access}


def tapes(p: PopulationProgram, losses: Sequence[LossProgram], program: Program) -> Iterator[View]:
    """Arrays with a place per spike of every neuron, per step, or per step and one more."""
    if taped(p, program):
        yield {"name": "tape_step", "type": "int", "per": "spike"}
    if p.active and p.guard is not None:
        columns = [a.target for a in p.spike_tape]
        columns += [a.target for a in p.refractory.tape] if p.refractory else []
        columns += ["arrived"] if p.induced else []
        for column in columns:
            yield {"name": f"tape_{column}", "type": "scalar", "per": "spike"}
    names = [f"history_{x}" for x in p.step_tape] + [f"before_{x}" for x in p.before_tape]
    if p.active:
        names += [
            f"arrived_{identifier(q.name)}"
            for q in p.receptors
            if any("arrived" in names_in(a.value) for a in q.delivery.exposed)
        ]
    for loss in losses:
        own = identifier(loss.name)
        if loss.readout.stepwise:
            yield {"name": f"y_{own}", "type": "scalar", "per": "instant"}
            names += [f"after_{own}"] if p.guard is not None else []
            names += [f"gradient_{own}"] if p.active else []
            names += [f"cost_{own}"] if p.active and p.guard is not None else []
        columns = loss.readout.taped if p.active else ()
        names += [f"{short_name(a.target)}_{own}" for a in columns]
    for name in names:
        yield {"name": name, "type": "scalar", "per": "step"}


def refractory_each(p: PopulationProgram) -> bool:
    """Whether every neuron has a refractory period of its own."""
    name = p.refractory.duration if p.refractory else ""
    return dict(constant_names(p)).get(name, False)


def sends(p: PopulationProgram, program: Program) -> bool:
    """Whether its spikes are adjoint events, be it that the neurons have no adjoint themselves."""
    return p.guard is not None and any(_returns(q) for q in program.outgoing(p.name))


def taped(p: PopulationProgram, program: Program) -> bool:
    """Whether its spikes are read again in reverse."""
    return p.guard is not None and (p.active or sends(p, program))


def _returns(q: ProjectionProgram) -> bool:
    """Whether anything of a projection runs backwards."""
    return q.learn_weight or q.learn_delay or q.feedback
