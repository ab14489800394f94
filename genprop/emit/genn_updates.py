"""What a GeNN program learns, and the optimisers that update it, as printed lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from genprop.emit.names import identifier
from genprop.emit.printers import GeNNPrinter, NumpyPrinter
from genprop.lower.nodes import names_in

if TYPE_CHECKING:
    from genprop.lower.nodes import Assign
    from genprop.lower.program import Program, UpdateProgram

__all__ = ["Rule", "learned_view", "optimiser_names", "optimisers_view", "parameter_names", "rule"]

View = dict[str, object]
Rule = tuple[str, tuple[str, ...], tuple[str, ...], tuple["Assign", ...], tuple["Assign", ...]]


def parameter_names(program: Program) -> dict[str, None]:
    """The flat names of everything that is set before a batch, each once."""
    made = {d.target: [s.name for s in d.sources] for d in program.derivations}
    arrays = [name for q in program.projections for name in (q.weight, q.delay) if name]
    wired = [leaf for name in arrays for leaf in made.get(name, [name])]
    return dict.fromkeys(wired + [used.name for p in program.populations for used in p.parameters])


def learned_view(program: Program) -> Iterator[View]:
    """Every parameter that is learned or updated: where it lives and where its gradient is."""
    names = optimiser_names(program)
    chosen: dict[str, View] = {
        name: {"optimiser": names[rule(u)], "settings": json.dumps(dict(u.settings))}
        for u in program.updates
        for name in u.parameters
    }
    plain: View = {"optimiser": "", "settings": ""}
    for q in program.projections:
        weight = _learned(q.weight, q.name, "synapse", "dL_dw", variable="weight")
        delay = _learned(q.delay, q.name, "synapse", "dL_ddelay")
        for name, view, active in (
            (q.weight, weight, q.learn_weight),
            (q.delay, delay, q.learn_delay),
        ):
            if name and (active or name in chosen):
                yield view | chosen.get(name, plain)
    for p in program.populations:
        for used in p.parameters:
            if used.learned:
                shared = not used.per_neuron
                view = _learned(used.name, p.name, "neuron", f"dL_d{used.local}", shared=shared)
                yield view | chosen.get(used.name, plain)


def _learned(
    name: str, owner: str, kind: str, gradient: str, *, variable: str = "", shared: bool = False
) -> View:
    """``variable`` is what an optimiser moves by reference, where it is one of the owner's."""
    return {
        "name": name,
        "id": identifier(name),
        "owner": identifier(owner),
        "kind": kind,
        "gradient": gradient,
        "variable": variable,
        "shared": shared,
    }


def rule(update: UpdateProgram) -> Rule:
    """What makes an optimiser another model: all but its settings' values and its parameters."""
    settings = tuple(name for name, _ in update.settings)
    return update.name, settings, update.states, update.constants, update.body


def optimiser_names(program: Program) -> dict[Rule, str]:
    """A name for every optimiser: its own, numbered where several rules have it."""
    rules = list(dict.fromkeys(rule(u) for u in program.updates))
    found: dict[Rule, str] = {}
    for own in rules:
        same = sum(other[0] == own[0] for other in found)
        found[own] = identifier(own[0].lower()) + (f"_{same + 1}" if same else "")
    return found


def optimisers_view(program: Program) -> Iterator[View]:
    """Every optimiser once, whatever its settings: what ``genn/updates.py.j2`` reads."""
    for (name, settings, states, hoisted, body), own in optimiser_names(program).items():
        read = {n for a in body for n in names_in(a.value)}
        constants = [a.target for a in hoisted]
        yield {
            "id": own,
            "name": name,
            "settings": list(settings),
            "states": list(states),
            "constants": NumpyPrinter().statements(hoisted, constants),
            "params": [n for n in (*settings, *constants) if n in read],
            "body": GeNNPrinter().statements(body, ("x", *states)),
        }
