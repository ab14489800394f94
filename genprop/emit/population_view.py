"""One population of a Program as printed lines, part by part: what every target prints.

A target says in its :class:`Language` how numbers, gradients and held states are written, and adds
what only it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop.emit.names import identifier
from genprop.emit.parts import (
    adjoints_of_held,
    assigned,
    expressions,
    learned,
    names_of,
    numbers,
    states_of,
    times,
)
from genprop.lower.given import crossing_name

if TYPE_CHECKING:
    from genprop.emit.printers import CPrinter
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.program import PopulationProgram

__all__ = ["Language", "population_view"]

View = dict[str, object]


@dataclass(frozen=True, slots=True)
class Language:
    """How a target writes the lines of a population, {0} being a name and {1} a value.

    ``printer`` prints with some names changed. ``add`` adds to the gradient of a parameter at a
    spike or a release; ``flowing`` and, where there is a refractory period, ``clamping`` add to it
    in a step: of the states that run, and of those that are held. ``held`` is what the result of
    a held step is called, for targets that run both; ``taped`` what is kept of a state of every
    step. ``declared`` are names that the target declares itself.
    """

    printer: Callable[[Mapping[str, str]], CPrinter]
    add: str
    flowing: tuple[str, str]
    clamping: tuple[str, str]
    held: str = "{0}"
    taped: str = "{0}"
    declared: tuple[str, ...] = ()


def population_view(
    p: PopulationProgram, losses: Sequence[LossProgram], language: Language
) -> View:
    """What the templates of every target read of one population."""
    spiking = p.guard is not None
    return {
        "name": p.name,
        "id": identifier(p.name),
        "size": p.size,
        "active": p.active,
        "spiking": spiking,
        "rising": p.rising,
        "refractory": p.refractory is not None,
        "states": list(p.states),
        "adjoints": list(p.adjoints) if p.active else [],
        "adjoints_of_held": adjoints_of_held(p) if p.active else [],
        "learned": [q.local for q in p.parameters if q.learned] if p.active else [],
        "columns": [a.target for a in p.spike_tape] if p.active else [],
        "release_columns": [a.target for a in p.refractory.tape] if p.refractory else [],
        "step_tape": list(p.step_tape),
        "before_tape": list(p.before_tape),
        "begin": numbers(p, expressions(p.initial)),
        "advance": _advance(p, losses, language),
        "fire": _fire(p, losses, language) if spiking else None,
        "jump": _jump(p, losses, language) if spiking and p.active else None,
        "release": _release(p, language) if p.refractory and p.active else None,
        "propagate": _propagate(p, losses, language) if p.active else None,
        "drive": numbers(p, [s.value for x in losses for s in x.readout.drive]),
        "driven": p.active and any(x.readout.drive for x in losses),
    }


def _advance(p: PopulationProgram, losses: Sequence[LossProgram], language: Language) -> View:
    plain = language.printer({})
    arrivals = [a.value for receptor in p.receptors for a in receptor.delivery.arrival]
    observed = [e for x in losses for e in x.readout.steps()]
    guard = [p.guard] if p.guard is not None else []
    release = list(p.refractory.tape) if p.refractory else []
    moved = (*p.states, *(a.target for a in p.held_step))
    held = language.printer({n: language.held.format(n) for n in moved})
    reads = [*arrivals, *expressions(p.step), *expressions(p.held_step), *observed, *guard]
    return numbers(p, [*reads, *expressions(release)]) | {
        "step": plain.statements(p.step, p.states),
        "held_step": held.statements(p.held_step, p.states),
        "release": [[a.target, plain.expression(a.value)] for a in release],
        "guard": plain.expression(p.guard) if p.guard is not None else "",
        "induced": plain.expression(p.induced.condition) if p.induced else "",
    }


def _fire(p: PopulationProgram, losses: Sequence[LossProgram], language: Language) -> View:
    assert p.guard is not None
    plain = language.printer({})
    reads = [p.guard, *expressions(p.reset), *(expressions(p.spike_tape) if p.active else [])]
    spiked = [e for x in losses for e in expressions(x.readout.spiked)]
    read = names_of(expressions(p.spike_tape))
    crossing = p.crossing if p.active else ()
    start = language.printer({x: f"{x}_start" for x in p.states})
    return numbers(p, [*reads, *spiked]) | {
        "guard": plain.expression(p.guard),
        "crossing": [x for x in crossing if crossing_name(x) in read],
        "guard_at_start": start.expression(p.guard),
        "start": list(dict.fromkeys((*states_of(p, [p.guard]), *crossing))) if crossing else [],
        "columns": [[c.target, plain.expression(c.value)] for c in p.spike_tape]
        if p.active
        else [],
        "reset": plain.statements(p.reset, p.states),
        "resets": [a.target for a in p.reset if a.target in p.states],
        "reads": states_of(p, reads),
    }


def _jump(p: PopulationProgram, losses: Sequence[LossProgram], language: Language) -> View:
    plain = language.printer({})
    known = (*p.adjoints, *language.declared)
    induced = p.induced.jump if p.induced else ()
    reads = expressions((*p.jump, *induced, *p.count_jump))
    costs = [e for x in losses for e in (x.readout.spike, x.readout.count)]
    reads += [e for e in costs if e is not None]
    read = names_of(reads)
    counted = any(x.readout.count is not None for x in losses)
    return numbers(p, reads) | {
        "columns": [a.target for a in p.spike_tape if a.target in read],
        "lines": plain.statements(learned(p, p.jump), known, language.add),
        "induced": plain.statements(learned(p, induced), known, language.add),
        "count": [[a.target, times(a.value, plain)] for a in p.count_jump] if counted else [],
    }


def _release(p: PopulationProgram, language: Language) -> View:
    assert p.refractory is not None
    statements = p.refractory.backward
    read = names_of(expressions(statements))
    known = (*p.adjoints, *language.declared)
    return numbers(p, expressions(statements)) | {
        "adjoints": [q for q in p.adjoints if q in read],
        "lines": language.printer({}).statements(learned(p, statements), known, language.add),
    }


def _propagate(p: PopulationProgram, losses: Sequence[LossProgram], language: Language) -> View:
    """From t_{n+1} to t_n; gradients count for the flow that ran, or for the one that held."""
    taped = {x: language.taped.format(x) for x in p.step_tape}
    after_hold = {n: language.held.format(n) for n in assigned(p.backward_held_step)}
    free, held = language.printer(taped), language.printer(taped | after_hold)
    free_add, held_add = language.flowing if p.refractory is None else language.clamping
    reads = [*expressions(p.backward_step), *expressions(p.backward_held_step)]
    reads += [a.value for receptor in p.receptors for a in receptor.delivery.exposed]
    for readout in (x.readout for x in losses):
        costs = (readout.arrival, *(e for _, e in readout.arrivals))
        reads += [*expressions(readout.drive_delivered), *(e for e in costs if e is not None)]
    held_step = learned(p, p.backward_held_step)
    return numbers(p, reads) | {
        "lines": free.statements(learned(p, p.backward_step), p.adjoints, free_add),
        "held_lines": held.statements(held_step, p.adjoints, held_add),
        "held_adjoints": [q for q in p.adjoints if q in assigned(p.backward_held_step)],
        "moving": [q for q in p.adjoints if q in assigned(p.backward_step)],
    }
