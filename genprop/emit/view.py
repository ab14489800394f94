"""A Program as plain dictionaries of names, numbers and text: what templates receive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.emit.comments import comment
from genprop.emit.delivery_view import deliveries, delivery_type
from genprop.emit.loss_view import loss_view
from genprop.emit.names import identifier
from genprop.emit.native_population import native_population
from genprop.emit.printers import CPrinter
from genprop.emit.sender_view import sender_id, sender_views
from genprop.emit.update_view import updates_view

if TYPE_CHECKING:
    from genprop.lower.program import Program, ProjectionProgram

__all__ = ["program_view"]

View = dict[str, object]


def program_view(program: Program) -> View:
    """Everything the native templates read."""
    printer = CPrinter()
    populations = [native_population(p, program) for p in program.populations if not p.source]
    return {
        "name": comment(program.name),
        "digest": program.digest[:16],
        "steps": program.steps,
        "dt": repr(program.dt),
        "duration": repr(program.duration),
        "latency": program.grid.latency,
        "populations": populations,
        "senders": sender_views(program),
        "deliveries": deliveries(program),
        "sources": [
            {
                "name": p.name,
                "id": identifier(p.name),
                "size": p.size,
                "projections": [_projection(q, program) for q in program.outgoing(p.name)],
            }
            for p in program.populations
            if p.source
        ],
        "projections": [_projection(p, program) for p in program.projections],
        "losses": [loss_view(x, printer) for x in program.losses],
        "updates": updates_view(program, printer),
        "learns": bool(program.losses) and any(p.active for p in program.populations),
        "pooled": any(x.readout.pooled for x in program.losses),
    }


def _projection(p: ProjectionProgram, program: Program) -> View:
    pre = program.population(p.pre)
    dense = p.connectivity == "dense"
    delayed = bool(p.delay)
    arrival = delivery_type(program, program.delivery(p))
    learned, sender = p.learn_weight or p.learn_delay, sender_id(program, p)
    return {
        "name": p.name,
        "id": identifier(p.name),
        "kind": _dense(arrival, delayed, by_row=not pre.source) if dense else f"Sparse<{arrival}>",
        "arrival": arrival,
        "arguments": f"{pre.size}, {program.population(p.post).size}" if dense else f"{pre.size}",
        "dense": dense,
        "delayed": delayed,
        "pre": identifier(p.pre),
        "sender": sender,
        "from_source": pre.source,
        "post": identifier(p.post),
        "receptor": identifier(p.receptor),
        "senders": pre.size,
        "learned": learned,
        "learn_weight": p.learn_weight,
        "learn_delay": p.learn_delay,
        "feedback": p.feedback,
        # one read of what an arrival reads, where many lie far apart and each spike returns once
        "gathered_at_spikes": learned
        and p.feedback
        and not dense
        and not sender
        and pre.location is None,
    }


def _dense(arrival: str, delayed: bool, *, by_row: bool) -> str:
    return f"Dense<{arrival}, {str(delayed).lower()}, {str(by_row).lower()}>"
