"""The text of a stand-alone PyGeNN program: from a Program through ``templates/genn``."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from genprop._version import __version__
from genprop.emit.bundle import SourceBundle
from genprop.emit.comments import comment
from genprop.emit.environment import environment
from genprop.emit.genn_constants import constants_view
from genprop.emit.genn_derived import derivations_view, gathered
from genprop.emit.genn_population import genn_population
from genprop.emit.genn_readout import host_view
from genprop.emit.genn_updates import learned_view, optimisers_view, parameter_names
from genprop.emit.names import file_stem, identifier
from genprop.emit.printers import NumpyPrinter
from genprop.errors import UnsupportedError
from genprop.lower.nodes import names_in

if TYPE_CHECKING:
    from genprop.lower.loss_program import LossProgram, ReductionProgram
    from genprop.lower.nodes import Expr
    from genprop.lower.program import Program, ProjectionProgram

__all__ = ["MODULES", "genn_view", "package_name", "render_genn", "tidy_python"]

View = dict[str, object]
SCRIPT = "network.py"
DERIVED = "derived.py"
"""Of networks with derived weights or delays."""
MODULES = (
    "__init__.py",
    "trial.py",
    "evaluate_loss.py",
    "outcome.py",
    "device.py",
    "build.py",
    "model.py",
    "layout.py",
    "neurons.py",
    "synapses.py",
    "updates.py",
    DERIVED,
    "losses.py",
    "constants.py",
    "files.py",
    "errors.py",
)
"""The package of a bundle beside its command line ``network.py``, in the order of reading."""


def package_name(program: Program) -> str:
    """What the rendered package is called: ``xor_genn`` for the network ``xor``."""
    return f"{file_stem(program.name)}_genn"


def render_genn(program: Program, precision: str, device: str) -> SourceBundle:
    """``network.py`` and its package, in ``"float"`` or ``"double"``, for a device by default."""
    for q in program.projections:
        if not program.delivery(q).simplest:
            raise UnsupportedError(
                "arrivals do more than to sum their weights step by step",
                where=f"projection {q.name}",
                remedy="compile(…, clock='grid'), or another backend",
            )
    view = genn_view(program) | {"precision": precision, "device": device, "version": __version__}
    jinja = environment()
    package = package_name(program)
    modules = [m for m in MODULES if program.derivations or m != DERIVED]
    paths = {SCRIPT: SCRIPT, **{f"{package}/{module}": module for module in modules}}
    files = {
        path: jinja.get_template(f"genn/{module}.j2").render(view) for path, module in paths.items()
    }
    return SourceBundle(
        name=file_stem(program.name),
        files=tuple((path, tidy_python(text)) for path, text in files.items()),
        main=SCRIPT,
        metadata=(
            ("digest", program.digest),
            ("package", package),
            ("precision", precision),
            ("target", "genn"),
        ),
    )


def genn_view(program: Program) -> View:
    """Everything the GeNN templates read."""
    populations = [genn_population(p, program) for p in program.populations if not p.source]
    learns = bool(program.losses) and any(p.active for p in program.populations)
    return {
        "name": comment(program.name),
        "id": file_stem(program.name),
        "package": package_name(program),
        "digest": program.digest[:16],
        "steps": program.steps,
        "dt": repr(program.dt),
        "duration": repr(program.duration),
        "sources": [
            {
                "name": p.name,
                "id": identifier(p.name),
                "size": p.size,
                "gathered": gathered(p.name, program),
            }
            for p in program.populations
            if p.source
        ],
        "populations": populations,
        "projections": [_projection(q, program) for q in program.projections],
        "losses": [_loss(x, program) for x in program.losses],
        "optimisers": list(optimisers_view(program)),
        "sparse": json.dumps([q.name for q in program.projections if q.connectivity != "dense"])
        if any(q.connectivity != "dense" for q in program.projections)
        else "",
        "learned": list(learned_view(program)),
        "parameters": list(parameter_names(program)),
        "constants": [constants_view(p) for p in program.populations if not p.source],
        "learns": learns,
        "groups": [
            *(["clear"] if any(q.delay for q in program.projections) else []),
            *(["clear_gradients", "sum"] if list(learned_view(program)) else []),
        ],
        **derivations_view(program),
        "pooled": any(x.readout.pooled for x in program.losses),
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
        "receptor": identifier(q.receptor),
        "dense": q.connectivity == "dense",
        "senders": pre.size,
        "receivers": post.size,
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


def _loss(loss: LossProgram, program: Program) -> View:
    numpy = NumpyPrinter()
    return {
        "name": loss.name,
        "id": identifier(loss.name),
        "population": identifier(loss.population),
        "size": program.population(loss.population).size,
        "spiking": program.population(loss.population).guard is not None,
        "active": program.population(loss.population).active,
        "reductions": [_reduction(r, numpy) for r in loss.reductions],
        "backward": [_reduction(r, numpy) for r in loss.backward],
        "value": _scaled(loss.coefficient, f"np.sum({_full(loss.total)}, axis=-1)"),
        "gradient": _scaled(loss.coefficient, _full(loss.gradient)),
        "score": numpy.expression(loss.score) if loss.score is not None else "",
        **host_view(loss, program),
    }


def _reduction(r: ReductionProgram, numpy: NumpyPrinter) -> View:
    return {"name": r.name, "operation": r.operation, "each": numpy.expression(r.each)}


def _full(e: Expr) -> str:
    """An expression per neuron, also where it is the same for all."""
    text = NumpyPrinter().expression(e)
    return text if "y" in set(names_in(e)) else f"np.broadcast_to({text}, y.shape)"


def _scaled(coefficient: float, text: str) -> str:
    if coefficient == 1.0:
        return text
    return f"{coefficient!r} * " + (text if text.startswith("np.sum(") else f"({text})")


def tidy_python(text: str) -> str:
    """No trailing blanks, at most two empty lines, empty lists in a line, one line end at last."""
    joined = re.sub(r"([\[{])\n\s*([\]}])", r"\1\2", text)
    lines = [line.rstrip() for line in joined.splitlines()]
    left = [
        line
        for k, line in enumerate(lines)
        if line or not (k > 1 and not lines[k - 1] + lines[k - 2])
    ]
    return "\n".join(left).strip("\n") + "\n"
