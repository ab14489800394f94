"""One population of a Program as a GeNN neuron model, both ways in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.emit.genn_readout import readout
from genprop.emit.genn_storage import refractory_each, sends, taped, tapes, variables
from genprop.emit.names import identifier
from genprop.emit.parts import adjoints_of_held, constants_of, everything
from genprop.emit.population_view import Language, population_view
from genprop.emit.printers import GeNNPrinter
from genprop.lower.nodes import names_in

if TYPE_CHECKING:
    from genprop.lower.program import PopulationProgram, Program, ReceptorProgram

__all__ = ["genn_population"]

View = dict[str, object]
_ADD = "dL_d{0} += (double)({1});"
_LANGUAGE = Language(
    lambda names: GeNNPrinter(rename=names),
    add=_ADD,
    flowing=(_ADD, _ADD),
    clamping=(_ADD, _ADD),
    taped="{0}_then",
    declared=("induced_cost", "released"),
)


def genn_population(p: PopulationProgram, program: Program) -> View:
    """What ``genn/neurons.py.j2`` and ``genn/layout.py.j2`` read of one population."""
    losses = [x for x in program.losses if x.population == p.name]
    shared, each = constants_of(p, everything(p, losses))
    per_neuron = refractory_each(p)
    held = ["refractory_steps"] if p.refractory else []
    stored = list(tapes(p, losses, program))
    guard = GeNNPrinter().expression(p.guard) if p.guard is not None else ""
    return population_view(p, losses, _LANGUAGE) | {
        "about": f"states {', '.join(p.states)}"
        + (f"; a spike where {guard} > 0" if guard else ""),
        "taped": taped(p, program),
        "sends": sends(p, program),
        "shared": shared,
        "shared_params": shared + ([] if per_neuron else held),
        "each_vars": each + (held if per_neuron else []),
        "receptors": [_receptor(receptor, p, program) for receptor in p.receptors],
        "release_columns": [a.target for a in p.refractory.tape]
        if p.refractory and p.active
        else [],
        "induced": identifier(p.induced.receptor) if p.induced and p.active else "",
        "losses": [readout(x, p, program) for x in losses],
        "stepwise": any(t["per"] != "spike" for t in stored),
        "refractory_each": per_neuron,
        "vars": list(variables(p, losses, program)),
        "tapes": stored,
        "begin": GeNNPrinter().statements(p.initial, p.states),
    }


def _receptor(receptor: ReceptorProgram, p: PopulationProgram, program: Program) -> View:
    exposed = {a.target: a.value for a in receptor.delivery.exposed}
    own = identifier(receptor.name)
    held = receptor.held and p.refractory is not None
    due = f"(held ? 0.0 : due_{own})" if held else f"due_{own}"
    rename = {x: f"{x}_before" for x in p.before_tape} | {"arrived": f"arrived_{own}_then"}
    rename |= {q: f"{q}_seen" for q in adjoints_of_held(p)}
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
