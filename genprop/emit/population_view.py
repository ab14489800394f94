"""One population of a Program as printed lines, function by function of the generated code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from genprop.emit.delivery_view import receptor_view
from genprop.emit.names import identifier
from genprop.emit.printers import CPrinter
from genprop.emit.readout_view import Place, Target, readout_view
from genprop.lower.constants import constant_names
from genprop.lower.nodes import Accumulate, Expr, Name, Number, Statement, names_in

if TYPE_CHECKING:
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.program import PopulationProgram, Program, ReceptorProgram

__all__ = ["population_view"]

View = dict[str, object]
_ADD = "gradients.{0}[neuron] += double({1});"
_START, _END = "std::int32_t(step)", "std::int32_t(step + 1)"
_KEPT = "record.{0}_{1}[neuron]"
_LANE = {"buffer": "{0}_{1}_at[neuron]", "tape": "{0}_{1}_at[neuron]"}
_READOUT = Target(
    lambda names: CPrinter(rename=names),
    {
        "begin": Place({"duration": "Real(duration)"}),
        "weight": Place({}),
        "delivered": Place(
            {"instant": _START, "weight": "weight_{1}_start", "arrived": "arrived"}, **_LANE
        ),
        "observed": Place({"instant": _END, "weight": "weight_{1}_end"}, **_LANE),
        "spiked": Place({"instant": _END}, _KEPT),
        "end": Place({"duration": "Real(duration)"}, "record.{0}_{1}[neuron]"),
        "drive": Place(
            {
                "instant": _END,
                "weight": "weight",
                "gradient": "record.gradient_{1}[neuron]",
                "gradients": "gradient",
            },
            _KEPT,
            "record.{0}_{1}[step * padded(size) + neuron]",
            "{0}_all[neuron]",
        ),
        "jump": Place(
            {
                "instant": _END,
                "weight": "weight_of_{1}(step + 1)",
                "gradient": "record.gradient_{1}[neuron]",
            },
            _KEPT,
        ),
        "returned": Place(
            {
                "instant": _START,
                "weight": "weight_{1}_start",
                "gradient": "gradient_{1}_at[neuron]",
                "gradients": "gradient_{1}",
            },
            **_LANE,
        ),
    },
    {"value": "Real", "sum": "Real", "count": "Real", "instant": "std::int32_t"},
    last="std::int32_t(steps)",
)


def population_view(
    p: PopulationProgram, program: Program, printer: CPrinter, type_name: str, name: str
) -> View:
    """What ``kernels/population.hpp.j2`` reads."""
    losses = [x for x in program.losses if x.population == p.name]
    numbers = [{"name": n, "per_neuron": each} for n, each in constant_names(p)]
    spiking = p.guard is not None
    return {
        "name": p.name,
        "id": name,
        "type": type_name,
        "size": p.size,
        "active": p.active,
        "spiking": spiking,
        "refractory": p.refractory is not None,
        "numbers": numbers,
        "states": list(p.states),
        "adjoints": list(p.adjoints) if p.active else [],
        "clamped": _clamped(p) if p.active else [],
        "learned": [q.local for q in p.parameters if q.learned] if p.active else [],
        "receptors": [_receptor(receptor, p, program, printer) for receptor in p.receptors],
        "columns": [a.target for a in p.spike_tape] if p.active else [],
        "release_columns": [a.target for a in p.refractory.tape] if p.refractory else [],
        "step_tape": list(p.step_tape),
        "before_tape": list(p.before_tape),
        "induced": identifier(p.induced.receptor) if p.induced else "",
        "losses": [readout_view(x, _READOUT) for x in losses],
        "initial": [[a.target, printer.expression(a.value)] for a in p.initial],
        "begin": _numbers(p, _expressions(p.initial)),
        "advance": _advance(p, losses, printer),
        "fire": _fire(p, losses, printer) if spiking else None,
        "jump": _jump(p, losses, printer) if spiking and p.active else None,
        "release": _release(p, printer) if p.refractory and p.active else None,
        "propagate": _propagate(p, losses, printer) if p.active else None,
        "drive": _numbers(p, [s.value for x in losses for s in x.readout.drive]),
        "driven": any(x.readout.drive for x in losses),
    }


def _receptor(
    receptor: ReceptorProgram, p: PopulationProgram, program: Program, printer: CPrinter
) -> View:
    exposed = receptor.delivery.exposed
    return receptor_view(receptor, program, printer) | {
        "reads_arrived": any("arrived" in names_in(a.value) for a in exposed),
        "induced": p.induced is not None and p.induced.receptor == receptor.name,
    }


def _advance(p: PopulationProgram, losses: Sequence[LossProgram], printer: CPrinter) -> View:
    arrivals = [a.value for receptor in p.receptors for a in receptor.delivery.arrival]
    observed = [e for x in losses for e in x.readout.steps()]
    guard = [p.guard] if p.guard is not None else []
    release = list(p.refractory.tape) if p.refractory else []
    held = CPrinter(rename={n: f"{n}_held" for n in (*p.states, *(a.target for a in p.held_step))})
    reads = [*arrivals, *_expressions(p.step), *_expressions(p.held_step), *observed, *guard]
    return _numbers(p, [*reads, *_expressions(release)]) | {
        "step": printer.statements(p.step, p.states),
        "held_step": held.statements(p.held_step, p.states),
        "release": [[a.target, printer.expression(a.value)] for a in release],
        "guard": printer.expression(p.guard) if p.guard is not None else "",
        "induced": printer.expression(p.induced.condition) if p.induced else "",
    }


def _fire(p: PopulationProgram, losses: Sequence[LossProgram], printer: CPrinter) -> View:
    assert p.guard is not None
    reads = [p.guard, *_expressions(p.reset), *(_expressions(p.spike_tape) if p.active else [])]
    spiked = [e for x in losses for e in _expressions(x.readout.spiked)]
    crossing = p.crossing if p.active else ()
    start = CPrinter(rename={x: f"{x}_start" for x in p.states})
    line = CPrinter(rename={x: f"{x}_crossing" for x in crossing})
    return _numbers(p, [*reads, *spiked]) | {
        "guard": printer.expression(p.guard),
        "crossing": list(crossing),
        "guard_at_start": start.expression(p.guard),
        "start": list(dict.fromkeys((*_states(p, [p.guard]), *crossing))) if crossing else [],
        "columns": [line.expression(a.value) for a in p.spike_tape] if p.active else [],
        "reset": printer.statements(p.reset, p.states),
        "resets": [a.target for a in p.reset if a.target in p.states],
        "reads": _states(p, reads),
    }


def _jump(p: PopulationProgram, losses: Sequence[LossProgram], printer: CPrinter) -> View:
    induced = p.induced.jump if p.induced else ()
    reads = _expressions((*p.jump, *induced, *p.count_jump))
    costs = [e for x in losses for e in (x.readout.spike, x.readout.count)]
    reads += [e for e in costs if e is not None]
    read = {n for e in reads for n in names_in(e)}
    counted = any(x.readout.count is not None for x in losses)
    return _numbers(p, reads) | {
        "columns": [a.target for a in p.spike_tape if a.target in read],
        "lines": printer.statements(_learned(p, p.jump), p.adjoints, _ADD),
        "induced": printer.statements(_learned(p, induced), p.adjoints, _ADD),
        "count": [[a.target, _times(a.value, printer)] for a in p.count_jump] if counted else [],
    }


def _release(p: PopulationProgram, printer: CPrinter) -> View:
    assert p.refractory is not None
    statements = p.refractory.backward
    read = {n for e in _expressions(statements) for n in names_in(e)}
    return _numbers(p, _expressions(statements)) | {
        "adjoints": [q for q in p.adjoints if q in read],
        "lines": printer.statements(_learned(p, statements), p.adjoints, _ADD),
    }


def _propagate(p: PopulationProgram, losses: Sequence[LossProgram], printer: CPrinter) -> View:
    """Where refractory, both flows run on copies and gradients count for the one that held."""
    held = CPrinter(rename={n: f"{n}_held" for n in _assigned(p.backward_held_step)})
    free_add, held_add = (
        (("gradient_{0}_at[neuron] += double({1});",) * 2)
        if p.refractory is None
        else (
            "gradient_{0}_at[neuron] += held ? 0.0 : double({1});",
            "gradient_{0}_at[neuron] += held ? double({1}) : 0.0;",
        )
    )
    reads = [*_expressions(p.backward_step), *_expressions(p.backward_held_step)]
    reads += [a.value for receptor in p.receptors for a in receptor.delivery.exposed]
    for readout in (x.readout for x in losses):
        costs = (readout.arrival, *(e for _, e in readout.arrivals))
        reads += [*_expressions(readout.drive_delivered), *(e for e in costs if e is not None)]
    return _numbers(p, reads) | {
        "lines": printer.statements(_learned(p, p.backward_step), p.adjoints, free_add),
        "held_lines": held.statements(_learned(p, p.backward_held_step), p.adjoints, held_add),
        "held_adjoints": [q for q in p.adjoints if q in _assigned(p.backward_held_step)],
        "moving": [q for q in p.adjoints if q in _assigned(p.backward_step)],
    }


def _assigned(statements: Iterable[Statement]) -> set[str]:
    return {s.target for s in statements if not isinstance(s, Accumulate)}


def _learned(p: PopulationProgram, statements: Iterable[Statement]) -> list[Statement]:
    learned = {q.local for q in p.parameters if q.learned}
    return [s for s in statements if not isinstance(s, Accumulate) or s.parameter in learned]


def _expressions(statements: Iterable[Statement]) -> list[Expr]:
    return [s.value for s in statements]


def _numbers(p: PopulationProgram, expressions: Iterable[Expr]) -> View:
    """The numbers some expressions read: the same for all neurons, and one per neuron."""
    read = {n for e in expressions for n in names_in(e)}
    return {
        "shared": [n for n, each in constant_names(p) if n in read and not each],
        "each": [n for n, each in constant_names(p) if n in read and each],
    }


def _states(p: PopulationProgram, expressions: Iterable[Expr]) -> list[str]:
    read = {n for e in expressions for n in names_in(e)}
    return [x for x in p.states if x in read]


def _clamped(p: PopulationProgram) -> list[str]:
    """The adjoints of the states that stand still while refractory."""
    held = p.refractory.held if p.refractory is not None else ()
    return [q for x, q in zip(p.states, p.adjoints, strict=True) if x in held]


def _times(e: Expr, printer: CPrinter) -> str:
    """`` * e``, or nothing for one."""
    return "" if e == Number(1.0) else f" * {_factor(e, printer)}"


def _factor(e: Expr, printer: CPrinter) -> str:
    text = printer.expression(e)
    return text if isinstance(e, Number | Name) else f"({text})"
