"""One population of a Program as printed lines of GeNNCode: a neuron model, both ways in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genprop.emit.genn_readout import readout
from genprop.emit.genn_storage import refractory_each, sends, taped, tapes, variables
from genprop.emit.names import identifier
from genprop.emit.parts import (
    clamped,
    everything,
    expressions,
    learned,
    names_of,
    numbers,
    states_of,
    times,
)
from genprop.emit.printers import GeNNPrinter
from genprop.lower.nodes import names_in

if TYPE_CHECKING:
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.program import PopulationProgram, Program, ReceptorProgram

__all__ = ["population_view"]

View = dict[str, object]
_ADD = "dL_d{0} += (double)({1});"


def population_view(p: PopulationProgram, program: Program) -> View:
    """What ``genn/neurons.py.j2`` and ``genn/network.py.j2`` read of one population."""
    losses = [x for x in program.losses if x.population == p.name]
    spiking = p.guard is not None
    used = numbers(p, everything(p, losses))
    clamps = refractory_each(p)
    held = ["refractory_steps"] if p.refractory else []
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
        "taped": taped(p, program),
        "sends": sends(p, program),
        "refractory": p.refractory is not None,
        "shared": used["shared"],
        "shared_params": used["shared"] + ([] if clamps else held),
        "each_vars": used["each"] + (held if clamps else []),
        "states": list(p.states),
        "adjoints": list(p.adjoints) if p.active else [],
        "learned": [q.local for q in p.parameters if q.learned],
        "receptors": [_receptor(receptor, p, program) for receptor in p.receptors],
        "columns": [a.target for a in p.spike_tape] if p.active else [],
        "release_columns": [a.target for a in p.refractory.tape]
        if p.refractory and p.active
        else [],
        "step_tape": list(p.step_tape),
        "before_tape": list(p.before_tape),
        "induced": p.induced is not None and p.active,
        "losses": [readout(x, p, program) for x in losses],
        "stepwise": any(t["per"] != "spike" for t in kept),
        "driven": p.active and any(x.readout.drive for x in losses),
        "refractory_each": clamps,
        "vars": list(variables(p, losses, program)),
        "tapes": kept,
        "begin": GeNNPrinter().statements(p.initial, p.states),
        "forward": _forward(p),
        "spike": _spike(p) if spiking else None,
        "backward": _backward(p, losses) if p.active else None,
    }


def _receptor(receptor: ReceptorProgram, p: PopulationProgram, program: Program) -> View:
    exposed = {a.target: a.value for a in receptor.delivery.exposed}
    own = identifier(receptor.name)
    held = receptor.held and p.refractory is not None
    due = f"(held ? 0.0 : due_{own})" if held else f"due_{own}"
    rename = {x: f"{x}_before" for x in p.before_tape} | {"arrived": f"arrived_{own}_then"}
    rename |= {q: f"{q}_seen" for q in clamped(p)}
    reverse = GeNNPrinter(rename=rename)
    return {
        "name": receptor.name,
        "id": own,
        "delayed": any(q.receptor == receptor.name and q.delay for q in program.incoming(p.name)),
        "held": held,
        "arrival": GeNNPrinter(rename={receptor.delivery.slots[0]: due}).statements(
            receptor.delivery.arrival, ()
        ),
        "weight": reverse.expression(exposed["dL_dw"]),
        "time": reverse.expression(exposed["dL_dt"]),
        "reads_arrived": p.active and "arrived" in set(names_in(exposed["dL_dt"])),
        "induced": p.active and p.induced is not None and p.induced.receptor == receptor.name,
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
    return {
        "guard": GeNNPrinter().expression(p.guard),
        "guard_at_start": start.expression(p.guard),
        "crossing": list(crossing),
        "start": [x for x in p.states if x in {*states_of(p, [p.guard]), *crossing}]
        if crossing
        else [],
        "columns": [[a.target, line.expression(a.value)] for a in p.spike_tape] if p.active else [],
        "reset": GeNNPrinter().statements(p.reset, p.states),
    }


def _backward(p: PopulationProgram, losses: Sequence[LossProgram]) -> View:
    then = GeNNPrinter(rename={x: f"{x}_then" for x in p.step_tape})
    plain = GeNNPrinter()
    induced = p.induced.jump if p.induced else ()
    jump = [*p.jump, *induced, *p.count_jump]
    costs = [e for x in losses for e in (x.readout.spike, x.readout.count) if e is not None]
    read = names_of([*expressions(jump), *costs])
    release = p.refractory.backward if p.refractory else ()
    return {
        "columns": [a.target for a in p.spike_tape if a.target in read],
        "jump": plain.statements(learned(p, p.jump), p.adjoints, _ADD),
        "induced": plain.statements(learned(p, induced), (*p.adjoints, "induced_cost"), _ADD),
        "count": [[a.target, times(a.value, plain)] for a in p.count_jump],
        "step": then.statements(learned(p, p.backward_step), p.adjoints, _ADD),
        "held_step": then.statements(learned(p, p.backward_held_step), p.adjoints, _ADD),
        "release": plain.statements(learned(p, release), (*p.adjoints, "released"), _ADD),
        "clamped": clamped(p),
    }
