"""A Program on the exact clock as C++: full steps by superposition, spikes one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.emit.comments import comment
from genprop.emit.continuous_view import bounded_row, continuous_view, heard, parts_of
from genprop.emit.loss_view import loss_view
from genprop.emit.names import identifier, type_name
from genprop.emit.printers import CPrinter
from genprop.emit.sender_view import sender_id, sender_views
from genprop.emit.update_view import updates_view
from genprop.lower.continuous import FirstSpikeTime, HighestValue, SpikeNumber, StepMean
from genprop.numerics.continuous import PATH_DEGREE

if TYPE_CHECKING:
    from genprop.lower.program import PopulationProgram, Program, ProjectionProgram

__all__ = ["CONTINUOUS_FILES", "USUAL_DEGREES", "continuous_program_view"]

View = dict[str, object]

USUAL_DEGREES = {4: 6, 8: 10}
"""Of the polynomials that say what arrivals do, by the bytes of a number; they are unrolled."""

CONTINUOUS_FILES = (
    ("platform/list.hpp", "platform/list.hpp"),
    ("platform/maths.hpp", "platform/maths.hpp"),
    ("platform/memory.hpp", "platform/memory.hpp"),
    ("platform/lock.hpp", "platform/lock.hpp"),
    ("platform/pool.hpp", "platform/pool.hpp"),
    ("platform/threads.hpp", "platform/threads.hpp"),
    ("platform/tree.hpp", "platform/tree.hpp"),
    ("kernels/guarded.hpp", "kernels/guarded.hpp"),
    *(
        (f"platform/exact/{name}.hpp", f"platform/exact/{name}.hpp")
        for name in (
            "polynomial",
            "flow",
            "events",
            "by_sender",
            "lanes",
            "arrivals",
            "numbers",
            "path",
            "neuron",
            "record",
            "backward",
            "population",
            "dense",
            "sparse",
        )
    ),
    ("kernels/clock.hpp", "kernels/clock.hpp"),
    ("kernels/loss.hpp", "kernels/loss.hpp"),
    ("kernels/update.hpp", "kernels/update.hpp"),
    ("sample.hpp", "exact/sample.hpp"),
    ("interface.cpp", "interface.cpp"),
)
"""Files of the generated code, each with its template."""

_JOINED: dict[type, str] = {HighestValue: "highest", FirstSpikeTime: "first", SpikeNumber: "count"}


def continuous_program_view(program: Program) -> View:
    """Everything that the templates of the exact clock read."""
    printer = CPrinter()
    losses = {x.name: loss_view(x, printer) for x in program.losses}
    populations = [
        continuous_view(p, program)
        | {
            "losses": [
                losses[x.name] | {"pooled": x.readout.pooled} | _seen(p, x.name)
                for x in program.losses
                if x.population == p.name
            ]
        }
        for p in program.populations
        if not p.source
    ]
    projections = [_projection(k, q, program) for k, q in enumerate(program.projections)]
    return {
        "continuous": True,
        "name": comment(program.name),
        "digest": program.digest[:16],
        "steps": program.steps * parts_of(program),
        "parts": parts_of(program),
        "dt": repr(program.dt / parts_of(program)),
        "duration": repr(program.duration),
        "populations": populations,
        "senders": sender_views(program),
        "sources": [
            {
                "name": p.name,
                "id": identifier(p.name),
                "size": p.size,
                "heard": heard(p.name, program),
                "projections": [q for q in projections if q["pre"] == identifier(p.name)],
            }
            for p in program.populations
            if p.source
        ],
        "projections": projections,
        "losses": list(losses.values()),
        "updates": updates_view(program, printer),
        "learns": bool(program.losses) and any(p.active for p in program.populations),
        "usual_degrees": USUAL_DEGREES,
        "path_degree": PATH_DEGREE,
        "pooled": any(x.readout.pooled for x in program.losses),
    }


def _seen(p: PopulationProgram, loss: str) -> View:
    """Which of the means over steps a loss sees, and where gradients of what many see are added."""
    assert p.continuous is not None  # as of every population on the exact clock
    means = [v.loss for v in p.continuous.views if isinstance(v, StepMean)]
    kind = type(next(v for v in p.continuous.views if v.loss == loss))
    return {"mean": means.index(loss) if loss in means else -1, "joined": _JOINED.get(kind, "")}


def _projection(index: int, q: ProjectionProgram, program: Program) -> View:
    pre, post = program.population(q.pre), program.population(q.post)
    assert post.continuous is not None  # as of every population on the exact clock
    dense = q.connectivity == "dense"
    cell = f"{type_name(q.post)}Cell"
    sender = program.sender(q.name)
    learned = q.learn_weight or q.learn_delay
    carries = str(pre.source or sender is not None).lower()
    delayed, by_row = str(bool(q.delay)).lower(), str(not pre.source).lower()
    return {
        "index": index,
        "arrival": "Felt",
        "name": q.name,
        "id": identifier(q.name),
        "kind": f"Dense<{cell}, {delayed}, {by_row}, {carries}>"
        if dense
        else f"Sparse<{cell}, {carries}>",
        "arguments": f"{pre.size}, {post.size}" if dense else f"{pre.size}",
        "dense": dense,
        "pre": identifier(q.pre),
        "from_source": pre.source,
        "carries": pre.source,
        "sender": sender_id(program, q),
        "read_back": learned or (sender is not None and sender.cell.active),
        "post": identifier(q.post),
        "post_type": type_name(q.post),
        "post_bounded": bounded_row(post.continuous) is not None,
        "receptor": identifier(q.receptor),
        "heard": heard(q.pre, program),
        "longest": q.max_delay_steps * parts_of(program) + 1,
        "learned": learned,
        "learn_weight": q.learn_weight,
        "learn_delay": q.learn_delay,
        "feedback": q.feedback,
    }
