"""One population of a Program as C++ for the native backend: lanes of neurons, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from genprop.emit.delivery_view import receptor_view
from genprop.emit.located_view import located_view
from genprop.emit.names import identifier, type_name
from genprop.emit.parts import expressions, numbers
from genprop.emit.population_view import Language, population_view
from genprop.emit.printers import CPrinter
from genprop.emit.readout_view import Place, Target, readout_view
from genprop.lower.constants import constant_names
from genprop.lower.nodes import names_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genprop.lower.loss_program import LossProgram
    from genprop.lower.program import PopulationProgram, Program, ReceptorProgram

__all__ = ["native_population"]

View = dict[str, object]
_KEEP = "gradient_{0}_at[neuron] += double({1});"
_LANGUAGE = Language(
    lambda names: CPrinter(rename=names),
    add="gradients.{0}[neuron] += double({1});",
    flowing=(_KEEP, _KEEP),
    clamping=(
        "gradient_{0}_at[neuron] += held ? 0.0 : double({1});",
        "gradient_{0}_at[neuron] += held ? double({1}) : 0.0;",
    ),
    held="{0}_held",
)
_LOCATED = replace(
    _LANGUAGE,
    flowing=("gradient_{0}_at[neuron] += flows ? double({1}) : 0.0;",) * 2,
    clamping=(
        "gradient_{0}_at[neuron] += flows ? double({1}) : 0.0;",
        "gradient_{0}_at[neuron] += holds ? double({1}) : 0.0;",
    ),
)
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


def native_population(p: PopulationProgram, program: Program) -> View:
    """What ``kernels/population.hpp.j2`` reads."""
    losses = [x for x in program.losses if x.population == p.name]
    view = population_view(p, losses, _LANGUAGE) if p.location is None else _located(p, losses)
    view = {"location": None} | view
    return view | {
        "type": type_name(p.name),
        "holds": p.refractory is not None,
        "numbers": [{"name": n, "per_neuron": each} for n, each in constant_names(p)],
        "receptors": [_receptor(receptor, p, program) for receptor in p.receptors],
        "induced": identifier(p.induced.receptor) if p.induced else "",
        "losses": [readout_view(x, _READOUT) for x in losses],
        "initial": [[a.target, CPrinter().expression(a.value)] for a in p.initial],
    }


def _located(p: PopulationProgram, losses: Sequence[LossProgram]) -> View:
    """One whose spikes are located inside steps: its own refractory period, and steps by parts."""
    assert p.location is not None
    checked = replace(p, step=p.location.step, held_step=p.location.held_step)
    view = population_view(checked, losses, _LOCATED)
    advance, fire = view["advance"], view["fire"]
    assert isinstance(advance, dict)
    assert isinstance(fire, dict)
    started = [*expressions(checked.step), *expressions(checked.held_step)]
    started += [a.value for receptor in p.receptors for a in receptor.delivery.arrival]
    started += [p.induced.condition] if p.induced is not None else []
    for readout in (x.readout for x in losses):
        started += expressions((*readout.delivered, *readout.tape_delivered))
    return view | {
        "refractory": False,
        "release": None,
        "advance": advance | {"each": numbers(p, started)["each"]},
        "fire": fire | {"start": list(p.states)},
        "location": located_view(p, p.location, losses),
    }


def _receptor(receptor: ReceptorProgram, p: PopulationProgram, program: Program) -> View:
    exposed = receptor.delivery.exposed
    return receptor_view(receptor, program, CPrinter()) | {
        "reads_arrived": any("arrived" in names_in(a.value) for a in exposed),
        "induced": p.induced is not None and p.induced.receptor == receptor.name,
    }
