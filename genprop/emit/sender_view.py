"""The sender's side of a projection as C++, the same on every clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.emit.names import identifier, type_name
from genprop.emit.parts import learned
from genprop.emit.printers import CPrinter

if TYPE_CHECKING:
    from genprop.lower.program import Program, ProjectionProgram, SenderProgram

__all__ = ["SENDER_FILES", "sender_id", "sender_views"]

View = dict[str, object]

SENDER_FILES = (
    ("platform/exact/polynomial.hpp", "platform/exact/polynomial.hpp"),
    ("platform/exact/flow.hpp", "platform/exact/flow.hpp"),
    ("platform/sender.hpp", "platform/sender.hpp"),
    ("kernels/senders.hpp", "kernels/senders.hpp"),
)
"""Files of the generated code where there are senders, each with its template."""


def sender_views(program: Program) -> list[View]:
    """What ``kernels/senders.hpp.j2`` and the templates of a sample read of each sender."""
    channels: dict[str, int] = {}
    views: list[View] = []
    for sender in program.senders:
        channel = channels[sender.pre] = channels.get(sender.pre, -1) + 1
        views.append(_view(sender, program) | {"channel": channel})
    return views


def sender_id(program: Program, projection: ProjectionProgram) -> str:
    """The identifier of the sender's side of a projection, "" where it has none."""
    sender = program.sender(projection.name)
    return "" if sender is None else identifier(sender.cell.name)


def _view(sender: SenderProgram, program: Program) -> View:
    cell, parts = sender.cell, sender.cell.continuous
    assert parts is not None  # as of every sender
    numbers = {
        q.local: f"n.parameters.{q.local}[{'j' if q.per_neuron else '0'}]" for q in cell.parameters
    }
    states = {x: f"z[{k}]" for k, x in enumerate(cell.states)}
    adjoints = {q: f"p[{k}]" for k, q in enumerate(cell.adjoints)}
    columns = {a.target: f"at[{k}]" for k, a in enumerate(cell.spike_tape)}
    printer = CPrinter(real="double", rename=numbers | states | adjoints | columns)
    add = "gradients.{0}[j] += {1};"
    projection = next(q for q in program.projections if q.name == sender.projection)
    return {
        "id": identifier(cell.name),
        "type": type_name(cell.name),
        "name": sender.projection,
        "size": cell.size,
        "pre": identifier(sender.pre),
        "from_source": program.population(sender.pre).source,
        "projection": identifier(sender.projection),
        "post": identifier(projection.post),
        "receptor": identifier(projection.receptor),
        "active": cell.active,
        "feedback": projection.feedback,
        "each": any(q.per_neuron for q in cell.parameters),
        "components": list(parts.states),
        "states": list(cell.states),
        "parameters": [q.local for q in cell.parameters],
        "learned": [q.local for q in cell.parameters if q.learned] if cell.active else [],
        "tangents": [[t.parameter, t.state, t.index] for t in parts.tangents],
        "value": printer.expression(sender.value),
        "reset": printer.statements(cell.reset, states),
        "jump": printer.statements(learned(cell, cell.jump), adjoints, add),
    }
