"""Checks that a Program is well formed before anything is rendered from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from genprop.errors import InternalError
from genprop.lower.constants import constant_names
from genprop.lower.delivery import DL_DVALUE, LATE, SENT, VALUE, WEIGHT
from genprop.lower.given import FRACTION, crossing_name
from genprop.lower.nodes import Accumulate, Assign, Expr, Statement, names_in
from genprop.lower.own_names import refuse_own_names

if TYPE_CHECKING:
    from genprop.lower.delivery import Delivery
    from genprop.lower.loss_program import LossProgram, ReadoutProgram
    from genprop.lower.program import PopulationProgram, Program, SenderProgram

__all__ = ["verified"]


def verified(program: Program) -> Program:
    """``program`` itself, once every name it reads is known where it is read.

    Raises:
        DescriptionError: for names of the user's that the Program has for something else.
        InternalError: naming the population, the part and what it reads without knowing.
    """
    refuse_own_names(program)
    faults = list(_faults(program))
    if faults:
        raise InternalError(
            f"the program of {program.name!r} is not well formed: {'; '.join(faults)}"
        )
    return program


def _faults(program: Program) -> Iterator[str]:
    names = {p.name for p in program.populations}
    for population in program.populations:
        if not population.source:
            yield from _population(population)
    for projection in program.projections:
        if {projection.pre, projection.post} - names:
            yield f"{projection.name} joins unknown populations"
        elif projection.receptor not in {
            p.name for p in program.population(projection.post).receptors
        }:
            yield f"{projection.name} ends at the unknown receptor {projection.receptor}"
    for sender in program.senders:
        yield from _sender(sender, program)
    for loss in program.losses:
        yield from _loss(loss, program.population(loss.population))


def _population(p: PopulationProgram) -> Iterator[str]:
    fixed = {name for name, _ in constant_names(p)}
    states, adjoints = set(p.states), set(p.adjoints)
    spike = {a.target for a in p.spike_tape}
    at_crossing = {FRACTION, *map(crossing_name, p.crossing)} if p.crossing else set[str]()
    parts: list[tuple[str, Iterable[Statement], set[str]]] = [
        ("initial", p.initial, fixed),
        ("step", p.step, fixed | states),
        ("held step", p.held_step, fixed | states),
        ("reset", p.reset, fixed | states),
        ("spike tape", p.spike_tape, fixed | states | at_crossing),
        ("backward step", p.backward_step, fixed | adjoints | set(p.step_tape)),
        ("backward held step", p.backward_held_step, fixed | adjoints | set(p.step_tape)),
        ("jump", p.jump, fixed | adjoints | spike | {"sent"}),
        ("count jump", p.count_jump, fixed | adjoints),
    ]
    if not p.active:
        parts = parts[:5]
    if p.refractory is not None:
        release = {a.target for a in p.refractory.tape}
        parts.append(("release tape", p.refractory.tape, fixed | states))
        parts.append(("release", p.refractory.backward, fixed | adjoints | release))
    if p.induced is not None:
        parts.append(("induced jump", p.induced.jump, fixed | adjoints | spike | {"sent"}))
    for part, statements, known in parts:
        for name in _unknown(statements, known):
            yield f"{p.name}: {part} reads {name}"
    for receptor in p.receptors:
        for fault in _delivery(receptor.delivery, p):
            yield f"{p.name}: receptor {receptor.name}: {fault}"
    if p.guard is not None:
        for name in _missing((p.guard,), fixed | states):
            yield f"{p.name}: guard reads {name}"


def _sender(s: SenderProgram, program: Program) -> Iterator[str]:
    cell = s.cell
    fixed = {name for name, _ in constant_names(cell)}
    columns = {a.target for a in cell.spike_tape}
    parts: list[tuple[str, Iterable[Statement], set[str]]] = [
        ("initial", cell.initial, fixed),
        ("reset", cell.reset, fixed | set(cell.states)),
        ("spike tape", cell.spike_tape, fixed | set(cell.states)),
        ("value", (Assign(VALUE, s.value),), fixed | set(cell.states)),
        ("jump", cell.jump, fixed | columns | set(cell.adjoints) | {DL_DVALUE}),
    ]
    for part, statements, known in parts:
        for name in _unknown(statements, known):
            yield f"sender of {s.projection}: {part} reads {name}"
    if s.projection not in {p.name for p in program.outgoing(s.pre)}:
        yield f"a sender sends through {s.projection}, which does not leave {s.pre}"


def _delivery(d: Delivery, p: PopulationProgram) -> Iterator[str]:
    fixed = {name for name, _ in constant_names(p)}
    arrival = {WEIGHT, VALUE, LATE}
    parts: list[tuple[str, Iterable[Statement], set[str], Iterable[str]]] = [
        ("deposit", d.deposits, arrival, d.slots),
        ("arrival", d.arrival, fixed | set(p.states) | set(d.slots), p.states),
    ]
    if p.active:
        now = fixed | set(p.adjoints) | {"arrived"} | set(p.before_tape)
        read = arrival | set(d.names)
        parts += [
            ("exposed", d.exposed, now, d.names),
            ("gathered", d.gathered, read, d.sums),
            ("returned", d.returned, read, (SENT,)),
            ("valued", d.valued, read, (DL_DVALUE,)),
            ("gradient", d.gradients, {WEIGHT, *d.sums}, ("weight", "delay")),
        ]
    for part, statements, known, targets in parts:
        for statement in statements:
            yield from (f"{part} reads {name}" for name in _missing((statement.value,), known))
            if isinstance(statement, Accumulate) or statement.target not in targets:
                yield f"{part} moves what is none of {', '.join(targets)}"


def _loss(loss: LossProgram, p: PopulationProgram) -> Iterator[str]:
    yield from _readout(loss.name, loss.readout, p)
    known = {"y", "is_label", "target"}
    for reduction in (*loss.reductions, *loss.backward):
        for name in _missing((reduction.each,), known):
            yield f"{loss.name}: {reduction.name} reads {name}"
        known.add(reduction.name)
    for name in _missing((loss.total, loss.gradient), known):
        yield f"{loss.name} reads {name}"


def _readout(loss: str, r: ReadoutProgram, p: PopulationProgram) -> Iterator[str]:
    fixed = {name for name, _ in constant_names(p)}
    clocked = {"readout.instant", "readout.last", "readout.weight"} | {b.name for b in r.buffers}
    forward = fixed | clocked | set(p.states)
    tape = {a.target for a in (*r.tape_delivered, *r.tape_observed)}
    reverse = fixed | clocked | {"readout.gradient"}
    columns = {a.target for a in p.spike_tape}
    parts: list[tuple[str, Iterable[Statement], set[str]]] = [
        ("delivered", r.delivered, forward | {"readout.arrived"}),
        ("observed", r.observed, forward),
        ("sampled", r.sampled, forward),
        ("spiked", r.spiked, fixed | clocked),
        ("tape", (*r.tape_delivered, *r.tape_observed), forward),
        ("drive", (*r.drive, *r.drive_delivered), reverse | tape),
    ]
    for part, statements, known in parts:
        for name in _unknown(statements, known):
            yield f"{loss}: {part} reads {name}"
    expressions: list[tuple[Iterable[Expr | None], set[str]]] = [
        ((r.value, r.after_reset), fixed | set(p.states)),
        ((r.y,), clocked | {"duration"}),
        ((r.weight,), {"t", "duration"}),
        ((r.spike,), reverse | columns),
        ((r.count, r.arrival, *(e for _, e in r.arrivals)), reverse),
        ([b.initial for b in r.buffers], {"duration"}),
    ]
    for found, known in expressions:
        for name in _missing((e for e in found if e is not None), known):
            yield f"{loss} reads {name}"


def _unknown(statements: Iterable[Statement], known: set[str]) -> Iterator[str]:
    seen = set(known)
    for statement in statements:
        yield from _missing((statement.value,), seen)
        if not isinstance(statement, Accumulate):
            seen.add(statement.target)


def _missing(expressions: Iterable[Expr], known: set[str]) -> Iterator[str]:
    for expression in expressions:
        yield from sorted(set(names_in(expression)) - known)
