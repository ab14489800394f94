"""What GeNN computes for each synapse from leaves, and the way back of gradients, as printed lines.

Everything here is in double precision: delays are rounded as the host rounds them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from genprop.emit.comments import comment
from genprop.emit.genn_updates import optimiser_names, rule
from genprop.emit.names import identifier
from genprop.emit.printers import DoubleGeNNPrinter, NumpyPrinter

if TYPE_CHECKING:
    from genprop.lower.derivation import Derivation, Operand, Source
    from genprop.lower.program import Program, ProjectionProgram

__all__ = ["derivations_view", "derived_names", "gathered"]

View = dict[str, object]
_WORDS = """
derived slope place gradient value total each steps apart scalar id id_pre id_post num_pre num_post
num_neurons num_batch batch dt t exp log sqrt sin cos tanh pow fabs fmin fmax floor
"""
_TAKEN = frozenset(_WORDS.split())


def derived_names(program: Program) -> frozenset[str]:
    """The weights and delays that the device computes."""
    return frozenset(d.target for d in program.derivations)


def gathered(population: str, program: Program) -> bool:
    """Whether gradients are summed over the synapses of each neuron of ``population``."""
    return any(_end(d, o, program) == population for d, o in _learned(program))


def _learned(program: Program) -> Iterator[tuple[Derivation, Operand]]:
    """The operands whose gradients there are."""
    projections = {q.name: q for q in program.projections}
    for d in program.derivations:
        q = projections[d.projection]
        if q.learn_delay if d.target == q.delay else q.learn_weight:
            yield from ((d, operand) for operand in d.learned)


def _end(d: Derivation, o: Operand, program: Program) -> str:
    """The population over whose synapses an operand's gradient is summed; "" for none."""
    q = next(q for q in program.projections if q.name == d.projection)
    return {"element": "", "post": q.post}.get(o.at, q.pre)


def _derived(program: Program) -> Iterator[View]:
    """Every derived weight or delay: what computes it, and what its gradient becomes."""
    projections = {q.name: q for q in program.projections}
    for d in program.derivations:
        q = projections[d.projection]
        longest = min(q.max_delay_steps, program.steps)
        printer = DoubleGeNNPrinter(rename=_renamed(d))
        delay = d.target == q.delay
        learned = [o for other, o in _learned(program) if other is d]
        yield {
            "name": d.target,
            "id": _id(d),
            "text": comment(NumpyPrinter().expression(d.formula.value).replace("np.", "")),
            "projection": identifier(q.name),
            "sparse": "" if q.connectivity == "dense" else json.dumps(q.name),
            "variable": "delay" if delay else "weight",
            "type": _index(longest) if delay else "scalar",
            "longest": longest,
            "pre": {"id": identifier(q.pre), "size": program.population(q.pre).size},
            "post": {"id": identifier(q.post), "size": program.population(q.post).size},
            "arrays": [
                _array(s, places, q, program)
                for s in d.sources
                if (places := _places(d, s)) != {"element"}
            ],
            "elements": [_element(o, d) for o in d.operands if o.at == "element"],
            "locals": [_local(o, d) for o in d.operands if o.at != "element"],
            "lines": printer.statements(d.lines, ()),
            "value": printer.expression(d.formula.value),
            "slopes": [_slope(o, d, printer) for o in learned],
            "gradient": f"sum_{identifier(d.target)}",
            "gathered": any(o.at != "element" for o in learned),
        }


def _leaves(program: Program) -> Iterator[View]:
    """Every leaf that only the device reads and that is updated: its columns, and where each is."""
    chosen = {name: u for u in program.updates for name in u.parameters}
    learned = list(_learned(program))
    for name in dict.fromkeys(o.of for _, o in learned if o.of in chosen):
        reading = [(d, o) for d, o in learned if o.of == name]
        first = {o.component: (d, o) for d, o in reversed(reading)}
        yield {
            "name": name,
            "id": identifier(name),
            "columns": [_column(d, o) for _, (d, o) in sorted(first.items())],
            "optimiser": optimiser_names(program)[rule(chosen[name])],
            "settings": json.dumps(dict(chosen[name].settings)),
        }


def _own(o: Operand, d: Derivation) -> str:
    return f"{_id(d)}_by_{_name(o, d)}"


def _id(d: Derivation) -> str:
    """Of the update that computes it: the projection's, and "weight" or "delay"."""
    return f"{identifier(d.projection)}_{d.target.rpartition('.')[2]}"


def _column(d: Derivation, o: Operand) -> View:
    """The update that holds a column's gradient and, of a leaf per synapse, its values."""
    synaptic = o.at == "element"
    return {
        "component": o.component,
        "gradient": _own(o, d),
        "derived": _id(d) if synaptic else "",
        "variable": _name(o, d) if synaptic else "",
    }


def _slope(o: Operand, d: Derivation, printer: DoubleGeNNPrinter) -> View:
    slope = dict(d.formula.derivatives)[o.local]
    return {
        "id": _own(o, d),
        "leaf": d.source(o.of).name,
        "component": o.component,
        "at": o.at,
        "end": "post" if o.at == "post" else "pre",
        "value": printer.expression(slope),
    }


def _array(source: Source, places: set[str], q: ProjectionProgram, program: Program) -> View:
    end = q.post if "post" in places else q.pre
    elements = 1 if places == {"one"} else program.population(end).size
    return {
        "name": source.name,
        "id": identifier(source.name),
        "constant": source.constant,
        "places": elements * source.columns,
    }


def _element(o: Operand, d: Derivation) -> View:
    source = d.source(o.of)
    return {"name": source.name, "id": _name(o, d), "constant": source.constant}


def _local(o: Operand, d: Derivation) -> View:
    source = d.source(o.of)
    place = {"pre": "id_pre", "post": "id_post", "one": "0"}[o.at]
    if source.columns > 1:
        place = f"({source.columns} * {place}) + {max(o.component, 0)}"
    return {"id": _name(o, d), "value": f"{identifier(source.name)}[{place}]"}


def _places(d: Derivation, source: Source) -> set[str]:
    return {o.at for o in d.operands if o.of == source.name}


def _name(o: Operand, d: Derivation) -> str:
    """A name that nothing else in the code has."""
    own = identifier(o.local)
    arrays = {identifier(source.name) for source in d.sources}
    return f"{own}_" if own in _TAKEN or own in arrays else own


def _renamed(d: Derivation) -> dict[str, str]:
    return {o.local: _name(o, d) for o in d.operands}


def _index(longest: int) -> str:
    return "uint8_t" if longest < 256 else "uint16_t"


def derivations_view(program: Program) -> View:
    """What ``genn/derived.py.j2`` and the templates beside it read."""
    found = list(_derived(program))
    summed = [d for d in found if d["gathered"]]
    return {
        "derivations": found,
        "leaves": list(_leaves(program)),
        "sums": {
            "dense": any(not d["sparse"] for d in summed),
            "sparse": any(d["sparse"] for d in summed),
        },
        "fixed": sorted({s.name for d in program.derivations for s in d.sources if s.constant}),
    }
