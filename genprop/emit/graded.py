"""Graded networks as C++: what the templates receive, and the arrays that a batch points to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop._version import __version__
from genprop.emit.bundle import SourceBundle
from genprop.emit.comments import comment
from genprop.emit.environment import environment
from genprop.emit.layout import GROUPS
from genprop.emit.names import file_stem, identifier, type_name
from genprop.emit.printers import CPrinter
from genprop.emit.render import tidy

if TYPE_CHECKING:
    from genprop.lower.graded_program import (
        GradedPopulation,
        GradedProgram,
        GradedProjection,
        Slope,
    )

__all__ = ["GradedPrinter", "batch_fields", "graded_layout", "render_graded"]

View = dict[str, object]

_FILES = {
    "platform/list.hpp": "platform/list.hpp",
    "platform/maths.hpp": "platform/maths.hpp",
    "platform/memory.hpp": "platform/memory.hpp",
    "platform/lock.hpp": "platform/lock.hpp",
    "platform/pool.hpp": "platform/pool.hpp",
    "platform/threads.hpp": "platform/threads.hpp",
    "kernels/guarded.hpp": "kernels/guarded.hpp",
    "batch.hpp": "platform/graded/batch.hpp",
    "senders.hpp": "platform/graded/senders.hpp",
    "delivery.hpp": "platform/graded/delivery.hpp",
    "groups.hpp": "platform/graded/groups.hpp",
    "interface.cpp": "platform/graded/interface.cpp",
}
_LANES = {"float": 16, "double": 8}


@dataclass(frozen=True, slots=True)
class GradedPrinter(CPrinter):
    """Prints C++ whose minima and maxima are single instructions, as comparisons are."""

    def _function(self, name: str) -> str:
        inline = {"max": "greatest", "min": "least"}
        return inline[name] if name in inline else CPrinter._function(self, name)


def render_graded(program: GradedProgram, precision: str) -> SourceBundle:
    """The C++ of ``program`` in ``"float"`` or ``"double"``, one unit with its headers."""
    cells = [p for p in program.populations if not p.source]
    incoming = [q for q in program.projections if program.population(q.pre).source]
    own = [q for q in program.projections if q not in incoming]
    view: View = {
        "name": comment(program.name),
        "digest": program.digest[:16],
        "version": __version__,
        "real": precision,
        "lanes": _LANES[precision],
        "groups": GROUPS,
        "steps": program.steps,
        "dt": repr(program.dt),
        "tolerance": repr(program.tolerance or 0.0),
        "layout": graded_layout(program, precision),
        "fields": [{"type": kind, "name": name} for kind, name in batch_fields(program)],
        "sources": [_source(p) for p in program.populations if p.source],
        "populations": [_population(p, program) for p in cells],
        "projections": [_projection(q, program, "input") for q in own],
        "constant": [_projection(q, program, "always") for q in incoming],
        "stepwise": [_projection(q, program, "input") for q in incoming],
        "learned": [_projection(q, program, "input") for q in program.projections if q.learned],
    }
    jinja = environment()
    texts = [
        (path, jinja.get_template(f"native/{name}.j2").render(view))
        for path, name in _FILES.items()
    ]
    template = jinja.get_template("native/platform/graded/population.hpp.j2")
    for p in cells:
        text = template.render(view | {"p": _population(p, program)})
        texts.append((f"populations/{identifier(p.name)}.hpp", text))
    return SourceBundle(
        name=file_stem(program.name),
        files=tuple((path, tidy(text)) for path, text in texts),
        main="interface.cpp",
        metadata=(("digest", program.digest), ("precision", precision), ("target", "native")),
    )


def batch_fields(program: GradedProgram) -> Iterator[tuple[str, str]]:
    """Type and name of every field of ``struct Batch``, in order."""
    yield from (("std::int64_t", name) for name in ("samples", "threads"))
    yield from (("std::int32_t*", "steps_made"), ("std::int32_t*", "finite"))
    yield from (("Real*", "speed"), ("const Real*", "scale"))
    for p in program.populations:
        own = identifier(p.name)
        if p.source:
            yield "const Real*", f"{own}_value"
            yield "std::int64_t", f"{own}_stride"
            yield "Real*", f"{own}_dL_dvalue"
            continue
        for name, each in numbers_of(p).items():
            yield "const Real*" if each else "Real", f"{own}_{name}"
        yield from (("Real*", f"{own}_end_{x}") for x in (*p.states, *p.inputs, *p.values))
        yield from (("const Real*", f"{own}_drive_{x}") for x in (*p.states, *p.values))
        yield from (("Real*", f"{own}_dL_d{q.local}") for q in p.parameters if q.learned)
    for q in program.projections:
        own = identifier(q.name)
        yield "const Real*", f"{own}_weight"
        if q.connectivity != "dense":
            yield from (("const std::int64_t*", f"{own}_{n}") for n in ("start", "receiver"))
        if q.learned:
            yield "Real*", f"{own}_dL_dweight"
            yield "std::int64_t", f"{own}_synapses"


def graded_layout(program: GradedProgram, precision: str) -> str:
    """16 hex digits that change with any size, name or order of the arrays of a batch."""
    sizes = [(p.name, p.size) for p in program.populations]
    facts = [precision, program.steps, sizes, list(batch_fields(program))]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def numbers_of(p: GradedPopulation) -> dict[str, bool]:
    """What a population's expressions read, by name: whether it is a number per neuron."""
    parameters = {q.local: q.per_neuron for q in p.parameters}
    return parameters | {c.name: c.per_neuron for c in p.constants}


def _source(p: GradedPopulation) -> View:
    own = identifier(p.name)
    return {"id": own, "size": p.size, "value": f"batch.{own}_value"}


def _population(p: GradedPopulation, program: GradedProgram) -> View:
    own, printer = identifier(p.name), GradedPrinter()
    slopes = [*p.of_states, *p.of_values]
    learned = [q.local for q in p.parameters if q.learned]
    numbers = numbers_of(p).items()
    alike = [f"const Real {n} = batch.{own}_{n};" for n, each in numbers if not each]
    read = [
        *(f"const Real {n} = batch.{own}_{n}[i];" for n, each in numbers if each),
        *(f"const Real {x} = state_{x}[i];" for x in p.states),
        *(f"const Real {x} = input_{x}[i];" for x in p.inputs),
    ]
    printed_step = [f"const Real {a.target} = {printer.expression(a.value)};" for a in p.advance]
    printed_send = [f"value_{a.target}[i] = {printer.expression(a.value)};" for a in p.send]
    printed_slopes = [f"{s.name}[i] = {printer.expression(s.value)};" for s in slopes]
    projected = {q.value for q in program.projections if q.pre == p.name}
    return {
        "name": comment(p.name),
        "id": own,
        "type": type_name(p.name),
        "size": p.size,
        "states": p.states,
        "inputs": p.inputs,
        "sends": p.values,
        "recordable": p.recordable,
        "initial": [(x, repr(v)) for x, v in zip(p.states, p.initial, strict=True)],
        "arrays": [
            *(f"state_{x}" for x in p.states),
            *(f"{kind}_{x}" for x in p.inputs for kind in ("input", "always")),
            *(f"value_{x}" for x in p.values),
        ],
        "adjoints": [
            *(s.name for s in slopes),
            *_adjoints(p),
            *(f"drive_{x}" for x in p.recordable),
        ],
        "cleared": _adjoints(p),
        "read": {
            name: {"once": _used(alike, lines), "each": _used(read, lines)}
            for name, lines in (
                ("step", printed_step),
                ("send", printed_send),
                ("slopes", printed_slopes),
            )
        },
        "advance": printed_step,
        "send": printed_send,
        "slopes": printed_slopes,
        "projected": [v for v in p.values if v in projected],
        "useful": [(v, _useful(v, p)) for v in p.values if v in projected],
        "reverse_states": [(x, _sum(x, p.of_states, p.of_values)) for x in p.states],
        "reverse_inputs": [(x, _sum(x, p.of_states, p.of_values)) for x in p.inputs],
        "reverse_parameters": [(x, _sum(x, p.of_states, p.of_values)) for x in learned],
        "ends": [
            *((x, f"state_{x}") for x in p.states),
            *((x, f"input_{x}") for x in p.inputs),
            *((x, f"value_{x}") for x in p.values),
        ],
    }


def _adjoints(p: GradedPopulation) -> list[str]:
    pairs = (("p", p.states), ("q", p.inputs), ("m", p.values))
    return [f"{letter}_{x}" for letter, names in pairs for x in names]


def _used(read: list[str], lines: list[str]) -> list[str]:
    """The declarations of names that ``lines`` read."""
    words = set(re.findall(r"\w+", " ".join(lines)))
    return [line for line in read if line.split()[2] in words]


def _useful(value: str, p: GradedPopulation) -> str:
    """Whether anything depends on what returns for ``value``."""
    return " || ".join(f"{s.name}[i] != 0" for s in p.of_values if s.of == value) or "false"


def _sum(by: str, of_states: tuple[Slope, ...], of_values: tuple[Slope, ...]) -> str:
    """Σ slope · adjoint of all that depends on ``by``."""
    terms = [f"{s.name}[i] * p_{s.of}[i]" for s in of_states if s.by == by]
    terms += [f"{s.name}[i] * m_{s.of}[i]" for s in of_values if s.by == by]
    return " + ".join(terms) or "Real(0)"


def _projection(q: GradedProjection, program: GradedProgram, to: str) -> View:
    """The calls of the kernels for one projection; what arrives goes to ``to``."""
    pre, post, own = program.population(q.pre), program.population(q.post), identifier(q.name)
    source, target = identifier(pre.name), identifier(post.name)
    if pre.source:
        at = f"(k * steps + step) * {pre.size}" if to == "input" else f"k * {pre.size}"
        sent, senders, useful = f"batch.{source}_value + {at}", f"{source}_sending", f"all_{source}"
        adjoint = f"batch.{source}_dL_dvalue + k * {pre.size}"
    else:
        sent, senders = f"{source}.value_{q.value}.data()", f"{source}.sending_{q.value}"
        useful, adjoint = f"{source}.useful_{q.value}", f"{source}.m_{q.value}.data()"
    arriving = f"{target}.{to}_{q.input}.data()"
    returning = f"{target}.q_{q.input}.data()"
    weight = f"batch.{own}_weight"
    dense = q.connectivity == "dense"
    sizes = f"<{pre.size}, {post.size}>" if dense else f"<{pre.size}>"
    listed = "" if dense else f"batch.{own}_start, batch.{own}_receiver, "
    kind = "dense" if dense else "sparse"
    constant = f"batch.{source}_value + k * {pre.size}" if pre.source else sent
    slope = f"batch.{own}_dL_dweight + group * size_t(batch.{own}_synapses)"
    return {
        "source": source,
        "send": f"send_{kind}{sizes}({sent}, {senders}, {weight}, {listed}{arriving});",
        "return": f"return_{kind}{sizes}({returning}, {weight}, {listed}{useful}, {adjoint});",
        "learn": f"learn_{kind}{sizes}({constant}, {senders}, {returning}, {listed}{slope});",
    }
