"""One population of a Program as printed lines of GeNNCode: a neuron model, both ways in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop.emit.names import identifier
from genprop.emit.printers import GeNNPrinter
from genprop.lower.constants import constant_names
from genprop.lower.nodes import Accumulate, Expr, Name, Number, Statement, names_in
from genprop.numerics.evaluate import evaluate

if TYPE_CHECKING:
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.program import PopulationProgram, Program, ProjectionProgram

__all__ = ["population_view", "tapes", "variables"]

View = dict[str, object]
_DRIVING = ("accumulate", "final", "maximum", "trace")
_ADD = "dL_d{0} += (double)({1});"


def population_view(p: PopulationProgram, program: Program) -> View:
    """What ``genn/neurons.py.j2`` and ``genn/network.py.j2`` read of one population."""
    losses = [x for x in program.losses if x.population == p.name]
    spiking = p.guard is not None
    read = {n for e in _everything(p, losses) for n in names_in(e)}
    used = [(n, own) for n, own in constant_names(p) if n in read]
    shared, each = ([n for n, own in used if own is own_each] for own_each in (False, True))
    clamps = _refractory_each(p)
    kept = list(tapes(p, losses, program))
    guard = GeNNPrinter().expression(p.guard) if p.guard is not None else ""
    return {
        "name": p.name,
        "about": f"states {', '.join(p.states)}"
        + (f"; a spike where {guard} > 0" if guard else ""),
        "id": identifier(p.name),
        "size": p.size,
        "active": p.active,
        "spiking": spiking,
        "taped": _taped(p, program),
        "sends": _sends(p, program),
        "refractory": p.refractory is not None,
        "shared": shared,
        "each": each,
        "shared_params": shared + (["refractory_steps"] if p.refractory and not clamps else []),
        "each_vars": each + (["refractory_steps"] if p.refractory and clamps else []),
        "states": list(p.states),
        "adjoints": list(p.adjoints) if p.active else [],
        "learned": [q.local for q in p.parameters if q.learned],
        "receptors": [_receptor(p, index, losses, program) for index in range(len(p.receptors))],
        "columns": [a.target for a in p.spike_tape] if p.active else [],
        "release_columns": [a.target for a in p.refractory.tape]
        if p.refractory and p.active
        else [],
        "step_tape": list(p.step_tape),
        "before_tape": list(p.before_tape),
        "induced": p.induced is not None and p.active,
        "losses": [_loss(x, p, program) for x in losses],
        "stepwise": any(t["per"] != "spike" for t in kept),
        "driven": p.active and any(x.mode in _DRIVING for x in losses),
        "refractory_each": clamps,
        "vars": list(variables(p, losses, program)),
        "tapes": kept,
        "begin": list(_begin(p, losses)),
        "forward": _forward(p),
        "spike": _spike(p) if spiking else None,
        "backward": _backward(p, losses) if p.active else None,
    }


def variables(
    p: PopulationProgram, losses: Sequence[LossProgram], program: Program
) -> Iterator[View]:
    """The variables of the neuron model: name, type and access."""
    spiking = p.guard is not None
    read = {n for e in _everything(p, losses) for n in names_in(e)}
    yield from (_var(x) for x in p.states)
    if spiking:
        yield _var("spikes", "int")
    if p.refractory:
        yield _var("free_at", "int")
        if _refractory_each(p):
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
    if _sends(p, program):
        yield _var("adjoint_event", "uint8_t")


def _observed(loss: LossProgram, p: PopulationProgram) -> Iterator[View]:
    own = identifier(loss.name)
    if loss.mode == "accumulate":
        yield _var(f"y_{own}", "double")  # a sum over many steps, of which a loss sees the end
    if loss.mode in ("final", "maximum"):
        yield _var(f"y_{own}")
    if loss.mode == "maximum":
        yield _var(f"best_{own}", "int")
        yield _var(f"rising_{own}")
        yield _var(f"kink_{own}")
    if loss.mode == "first_spike":
        yield _var(f"first_{own}", "int")
    if loss.mode != "trace" and p.active:
        yield _var(f"gradient_{own}", access="READ_ONLY_DUPLICATE")


def _var(name: str, kind: str = "scalar", access: str = "") -> View:
    return {"name": name, "type": kind, "access": access}


def tapes(p: PopulationProgram, losses: Sequence[LossProgram], program: Program) -> Iterator[View]:
    """Arrays with a place per spike of every neuron, per step, or per step and one more."""
    if _taped(p, program):
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
        if loss.mode == "trace":
            yield {"name": f"y_{own}", "type": "scalar", "per": "instant"}
            names += [f"after_{own}"] if p.guard is not None else []
            names += [f"gradient_{own}"] if p.active else []
            names += [f"cost_{own}"] if p.active and p.guard is not None else []
    for name in names:
        yield {"name": name, "type": "scalar", "per": "step"}


def _begin(p: PopulationProgram, losses: Sequence[LossProgram]) -> Iterator[str]:
    """Lines at the start of a trial."""
    yield from GeNNPrinter().statements(p.initial, p.states)
    if p.guard is not None:
        yield "spikes = 0;"
    if p.refractory:
        yield "free_at = -1;"
    for loss in losses:
        own = identifier(loss.name)
        if loss.mode in ("accumulate", "final"):
            yield f"y_{own} = 0.0;"
        elif loss.mode == "maximum":
            yield f"y_{own} = -1e30;"
            yield f"best_{own} = -1;"
            yield f"rising_{own} = 0.0;"
            yield f"kink_{own} = 0.0;"
        elif loss.mode == "first_spike":
            yield f"first_{own} = -1;"


def _refractory_each(p: PopulationProgram) -> bool:
    """Whether every neuron has a refractory period of its own."""
    name = p.refractory.duration if p.refractory else ""
    return dict(constant_names(p)).get(name, False)


def _sends(p: PopulationProgram, program: Program) -> bool:
    """Whether its spikes are adjoint events, be it that the neurons have no adjoint themselves."""
    return p.guard is not None and any(_returns(q) for q in program.outgoing(p.name))


def _taped(p: PopulationProgram, program: Program) -> bool:
    """Whether its spikes are read again in reverse."""
    return p.guard is not None and (p.active or _sends(p, program))


def _returns(q: ProjectionProgram) -> bool:
    """Whether anything of a projection runs backwards."""
    return q.learn_weight or q.learn_delay or q.feedback


def _receptor(
    p: PopulationProgram, index: int, losses: Sequence[LossProgram], program: Program
) -> View:
    receptor = p.receptors[index]
    exposed = {a.target: a.value for a in receptor.delivery.exposed}
    own = identifier(receptor.name)
    held = receptor.held and p.refractory is not None
    due = f"(held ? 0.0 : due_{own})" if held else f"due_{own}"
    rename = {x: f"{x}_before" for x in p.before_tape} | {"arrived": f"arrived_{own}_then"}
    rename |= {q: f"{q}_seen" for q in _clamped(p)}
    reverse = GeNNPrinter(rename=rename)
    changes = [
        [identifier(x.name), _weight(x, program, "start") + _factor(change, reverse)]
        for x in losses
        for name, change in x.arrival_changes
        if name == receptor.name
    ]
    return {
        "name": receptor.name,
        "id": own,
        "delayed": any(q.receptor == receptor.name and q.delay for q in program.incoming(p.name)),
        "held": held,
        "arrival": [
            *GeNNPrinter(rename={receptor.delivery.slots[0]: due}).statements(
                receptor.delivery.arrival, ()
            )
        ],
        "weight": reverse.expression(exposed["dL_dw"]),
        "time": reverse.expression(exposed["dL_dt"]),
        "changes": changes,
        "reads_arrived": p.active and "arrived" in set(names_in(exposed["dL_dt"])),
        "induced": p.active and p.induced is not None and p.induced.receptor == receptor.name,
    }


def _loss(loss: LossProgram, p: PopulationProgram, program: Program) -> View:
    then = GeNNPrinter(rename={x: f"{x}_then" for x in p.step_tape})
    plain = GeNNPrinter()
    integral = loss.mode == "accumulate"
    half = program.dt / 2
    return {
        "name": loss.name,
        "id": identifier(loss.name),
        "mode": loss.mode,
        "timed": integral and "t" in _weight_names(loss),
        "value": plain.expression(loss.readout.value),
        "slope": plain.expression(loss.slope),
        "early": _weight(loss, program, "start", half) if integral else "",
        "late": _weight(loss, program, "end", half) if integral else "",
        "factor": _factor(loss.readout.value, plain),
        "seeds": [[a.target, _factor(a.value, then)] for a in loss.seed] if p.active else [],
        "spike_change": _weight(loss, program, "end") + _factor(loss.spike_change, plain)
        if integral and loss.spike_change != Number(0.0)
        else "",
        "after_reset": plain.expression(loss.readout.after_reset)
        if loss.readout.after_reset
        else "",
    }


def _forward(p: PopulationProgram) -> View:
    plain = GeNNPrinter()
    return {
        "step": plain.statements(p.step, p.states),
        "held_step": plain.statements(p.held_step, p.states),
        "release": [[a.target, plain.expression(a.value)] for a in p.refractory.tape]
        if p.refractory and p.active
        else [],
        "guard": plain.expression(p.guard) if p.guard is not None else "",
        "induced": plain.expression(p.induced.condition) if p.induced else "",
        "induced_receptor": identifier(p.induced.receptor) if p.induced else "",
    }


def _spike(p: PopulationProgram) -> View:
    assert p.guard is not None
    crossing = p.crossing if p.active else ()
    start = GeNNPrinter(rename={x: f"{x}_start" for x in p.states})
    line = GeNNPrinter(rename={x: f"{x}_crossing" for x in crossing})
    read = set(names_in(p.guard))
    return {
        "guard": GeNNPrinter().expression(p.guard),
        "guard_at_start": start.expression(p.guard),
        "crossing": list(crossing),
        "start": [x for x in p.states if x in read or x in crossing] if crossing else [],
        "columns": [[a.target, line.expression(a.value)] for a in p.spike_tape] if p.active else [],
        "reset": GeNNPrinter().statements(p.reset, p.states),
    }


def _backward(p: PopulationProgram, losses: Sequence[LossProgram]) -> View:
    then = GeNNPrinter(rename={x: f"{x}_then" for x in p.step_tape})
    plain = GeNNPrinter()
    induced = p.induced.jump if p.induced else ()
    jump = [*p.jump, *induced, *p.count_jump]
    read = {n for s in jump for n in names_in(s.value)}
    read |= {n for x in losses if x.mode == "accumulate" for n in names_in(x.spike_change)}
    release = p.refractory.backward if p.refractory else ()
    return {
        "columns": [a.target for a in p.spike_tape if a.target in read],
        "jump": plain.statements(_learned(p, p.jump), p.adjoints, _ADD),
        "induced": plain.statements(_learned(p, induced), (*p.adjoints, "induced_cost"), _ADD),
        "count": [[a.target, plain.expression(a.value)] for a in p.count_jump],
        "step": then.statements(_learned(p, p.backward_step), p.adjoints, _ADD),
        "held_step": then.statements(_learned(p, p.backward_held_step), p.adjoints, _ADD),
        "release": plain.statements(_learned(p, release), (*p.adjoints, "released"), _ADD),
        "clamped": _clamped(p),
    }


def _weight(loss: LossProgram, program: Program, moment: str, factor: float = 1.0) -> str:
    """``factor`` times a loss's weight at the ``moment`` "start" (t_n) or "end" (t_n+1) of a step.

    A number where it does not depend on time, else of ``time_start`` or ``time_end``, which the
    template declares.
    """
    own = loss.readout.weight or Number(0.0)
    if "t" not in _weight_names(loss):
        weight = evaluate(own, {"duration": np.asarray(program.duration)})
        return repr(float(weight) * factor)
    rename = {"t": f"time_{moment}", "duration": repr(program.duration)}
    return f"{factor!r} * ({GeNNPrinter(rename=rename).expression(own)})"


def _weight_names(loss: LossProgram) -> set[str]:
    return set() if loss.readout.weight is None else set(names_in(loss.readout.weight))


def _everything(p: PopulationProgram, losses: Sequence[LossProgram]) -> Iterator[Expr]:
    """Every expression of the population that the neuron model prints."""
    statements: list[Statement] = [*p.initial, *p.step, *p.held_step, *p.reset]
    for receptor in p.receptors:
        statements += receptor.delivery.arrival
    if p.guard is not None:
        yield p.guard
    for loss in losses:
        yield from (loss.readout.value, loss.slope, loss.readout.after_reset or Number(0.0))
    if p.active:
        statements += [*p.spike_tape, *p.backward_step, *p.backward_held_step]
        statements += [*p.jump, *p.count_jump]
        for receptor in p.receptors:
            yield from (a.value for a in receptor.delivery.exposed)
        if p.refractory:
            statements += [*p.refractory.tape, *p.refractory.backward]
        if p.induced:
            yield p.induced.condition
            statements += p.induced.jump
        for loss in losses:
            yield loss.spike_change
            yield from (change for _, change in loss.arrival_changes)
            statements += loss.seed
    yield from (s.value for s in statements)


def _learned(p: PopulationProgram, statements: Iterable[Statement]) -> list[Statement]:
    learned = {q.local for q in p.parameters if q.learned}
    return [s for s in statements if not isinstance(s, Accumulate) or s.parameter in learned]


def _clamped(p: PopulationProgram) -> list[str]:
    """The adjoints of the states that stand still while refractory."""
    held = p.refractory.held if p.refractory is not None else ()
    return [q for x, q in zip(p.states, p.adjoints, strict=True) if x in held]


def _factor(e: Expr, printer: GeNNPrinter) -> str:
    """`` * e``, or nothing for one."""
    text = printer.expression(e)
    return "" if e == Number(1.0) else f" * {text if isinstance(e, Name) else f'({text})'}"
