"""The text of a stand-alone PyGeNN program: from a Program through ``templates/genn``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from genprop._version import __version__
from genprop.emit.bundle import SourceBundle
from genprop.emit.environment import environment
from genprop.emit.genn_constants import constants_view
from genprop.emit.genn_population import population_view
from genprop.emit.names import identifier
from genprop.emit.printers import GeNNPrinter, NumpyPrinter
from genprop.lower.nodes import names_in

if TYPE_CHECKING:
    from genprop.lower.loss_program import LossProgram, ReductionProgram
    from genprop.lower.program import Program, ProjectionProgram, UpdateProgram

__all__ = ["FILES", "genn_view", "render_genn"]

View = dict[str, object]
FILES = (
    "network.py",
    "trial.py",
    "evaluate_loss.py",
    "device.py",
    "model.py",
    "neurons.py",
    "synapses.py",
    "updates.py",
    "losses.py",
    "constants.py",
)
"""What a bundle holds, in the order of reading."""


def render_genn(program: Program, precision: str, device: str) -> SourceBundle:
    """``network.py`` and its parts, in ``"float"`` or ``"double"``, for a device by default."""
    view = genn_view(program) | {"precision": precision, "device": device, "version": __version__}
    jinja = environment()
    files = [(path, jinja.get_template(f"genn/{path}.j2").render(view)) for path in FILES]
    return SourceBundle(
        name=identifier(program.name) or "network",
        files=tuple((path, _tidy(text)) for path, text in files),
        main="network.py",
        metadata=(("digest", program.digest), ("precision", precision), ("target", "genn")),
    )


def genn_view(program: Program) -> View:
    """Everything the GeNN templates read."""
    populations = [population_view(p, program) for p in program.populations if not p.source]
    learns = bool(program.losses) and any(p.active for p in program.populations)
    return {
        "name": program.name,
        "id": identifier(program.name) or "network",
        "digest": program.digest[:16],
        "steps": program.steps,
        "dt": repr(program.dt),
        "duration": repr(program.duration),
        "sources": [
            {"name": p.name, "id": identifier(p.name), "size": p.size}
            for p in program.populations
            if p.source
        ],
        "populations": populations,
        "projections": [_projection(q, program) for q in program.projections],
        "losses": [_loss(x, program) for x in program.losses],
        "updates": [_update(u, index) for index, u in enumerate(program.updates)],
        "sparse": json.dumps([q.name for q in program.projections if q.connectivity != "dense"])
        if any(q.connectivity != "dense" for q in program.projections)
        else "",
        "learned": list(_learned(program)),
        "constants": [constants_view(p) for p in program.populations if not p.source],
        "learns": learns,
        "groups": [
            *(["clear"] if any(q.delay for q in program.projections) else []),
            *(["clear_gradients", "sum"] if list(_learned(program)) else []),
        ],
        "batch_means": any(x.mode == "mean_count" for x in program.losses),
    }


def _projection(q: ProjectionProgram, program: Program) -> View:
    pre, post = program.population(q.pre), program.population(q.post)
    longest = min(q.max_delay_steps, program.steps)
    returns = q.learn_weight or q.learn_delay or q.feedback
    updated = {name for u in program.updates for name in u.parameters}
    weighs = q.learn_weight or q.weight in updated
    delays = q.learn_delay or q.delay in updated
    return {
        "name": q.name,
        "id": identifier(q.name),
        "pre": identifier(q.pre),
        "post": identifier(q.post),
        "port": identifier(q.port),
        "dense": q.connectivity == "dense",
        "senders": pre.size,
        "receivers": post.size,
        "synapses": q.synapses,
        "weight": q.weight,
        "delay": q.delay,
        "longest": longest,
        "index": "uint8_t" if longest < 256 else "uint16_t",
        "counted": pre.source,
        "returns": returns,
        "slots": longest + 1,
        "vars": [
            "weight",
            *(["delay"] if q.delay else []),
            *(["dL_dw"] if weighs else []),
            *(["dL_ddelay"] if delays else []),
        ],
        "pre_refs": [
            *(["multiplicity"] if pre.source else []),
            *(["adjoint_event"] if returns else []),
        ],
        "post_refs": [
            *(["dL_dw"] if q.learn_weight else []),
            *(["dL_dt"] if q.learn_delay or q.feedback else []),
        ],
        "keeps_weight": weighs,
        "keeps_delay": delays,
        "learn_weight": q.learn_weight,
        "learn_delay": q.learn_delay,
        "feedback": q.feedback,
    }


def _learned(program: Program) -> list[View]:
    """Every parameter that is learned or updated: where it lives and where its gradient is."""
    found: list[View] = []
    updated = {name: k for k, u in enumerate(program.updates) for name in u.parameters}
    for q in program.projections:
        pairs = ((q.weight, "weight", q.learn_weight), (q.delay, "delay", q.learn_delay))
        for name, kind, active in pairs:
            if name and (active or name in updated):
                found.append(
                    {
                        "name": name,
                        "id": identifier(name),
                        "owner": identifier(q.name),
                        "kind": "synapse",
                        "gradient": "dL_dw" if kind == "weight" else "dL_ddelay",
                        "own": kind == "delay",
                        "updater": updated.get(name, -1),
                    }
                )
    for p in program.populations:
        for used in p.parameters:
            if used.learned:
                found.append(
                    {
                        "name": used.name,
                        "id": identifier(used.name),
                        "owner": identifier(p.name),
                        "kind": "neuron",
                        "gradient": f"dL_d{used.local}",
                        "own": True,
                        "each": used.per_neuron,
                        "updater": updated.get(used.name, -1),
                    }
                )
    return found


def _update(update: UpdateProgram, index: int) -> View:
    printer = GeNNPrinter()
    read = {n for a in update.body for n in names_in(a.value)}
    constants = [a.target for a in update.constants]
    settings = [name for name, _ in update.settings]
    return {
        "id": f"{update.name.lower()}_{index}",
        "name": update.name,
        "parameters": list(update.parameters),
        "settings": dict(update.settings),
        "states": list(update.states),
        "constants": NumpyPrinter().statements(update.constants, constants),
        "params": (params := [name for name in (*settings, *constants) if name in read]),
        "params_text": json.dumps(params),
        "body": printer.statements(update.body, ("x", *update.states)),
    }


def _loss(loss: LossProgram, program: Program) -> View:
    numpy = NumpyPrinter()
    return {
        "name": loss.name,
        "id": identifier(loss.name),
        "population": identifier(loss.population),
        "size": program.population(loss.population).size,
        "spiking": program.population(loss.population).guard is not None,
        "active": program.population(loss.population).active,
        "mode": loss.mode,
        "coefficient": repr(loss.coefficient),
        "reductions": [_reduction(r, numpy) for r in loss.reductions],
        "backward": [_reduction(r, numpy) for r in loss.backward],
        "total": numpy.expression(loss.total),
        "gradient": numpy.expression(loss.gradient),
        "score": numpy.expression(loss.score) if loss.score is not None else "",
    }


def _reduction(r: ReductionProgram, numpy: NumpyPrinter) -> View:
    return {"name": r.name, "operation": r.operation, "each": numpy.expression(r.each)}


def _tidy(text: str) -> str:
    """No trailing blanks, no more than two empty lines, one line end at the end."""
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [
        line
        for k, line in enumerate(lines)
        if line or not (k > 1 and not lines[k - 1] + lines[k - 2])
    ]
    return "\n".join(kept).strip("\n") + "\n"
