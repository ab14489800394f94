"""Graded networks as a stand-alone PyGeNN program, through ``templates/genn/graded``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop._version import __version__
from genprop.emit.bundle import SourceBundle
from genprop.emit.comments import comment
from genprop.emit.environment import environment
from genprop.emit.genn import tidy_python
from genprop.emit.names import file_stem, identifier
from genprop.emit.printers import GeNNPrinter, NumpyPrinter
from genprop.lower.nodes import Name, names_in, rewritten

if TYPE_CHECKING:
    from genprop.lower.graded_program import GradedPopulation, GradedProgram, GradedProjection
    from genprop.lower.nodes import Expr

__all__ = ["render_graded_genn"]

View = dict[str, object]
SCRIPT = "network.py"
_SHARED = {"build.py": "genn/build.py"}
"""What is the same for networks of spikes."""
_OWN = (
    "__init__.py",
    "trial.py",
    "model.py",
    "layout.py",
    "neurons.py",
    "synapses.py",
    "errors.py",
)


def render_graded_genn(program: GradedProgram, precision: str, device: str) -> SourceBundle:
    """``network.py`` and its package, in ``"float"`` or ``"double"``, for a device by default."""
    package = f"{file_stem(program.name)}_genn"
    cells = [p for p in program.populations if not p.source]
    view: View = {
        "name": comment(program.name),
        "id": file_stem(program.name),
        "package": package,
        "digest": program.digest[:16],
        "version": __version__,
        "precision": precision,
        "device": device,
        "steps": program.steps,
        "dt": repr(program.dt),
        "tolerance": repr(program.tolerance),
        "sources": [
            {"name": p.name, "id": identifier(p.name), "size": p.size}
            for p in program.populations
            if p.source
        ],
        "populations": [_population(p, program) for p in cells],
        "projections": [_projection(q, program) for q in program.projections],
        "sparse": any(q.connectivity != "dense" for q in program.projections),
        "example": ", ".join(
            f'"{identifier(p.name)}.{x}"' for p in cells[:1] for x in p.recordable[:1]
        ),
    }
    paths = {SCRIPT: f"genn/graded/{SCRIPT}"}
    paths |= {f"{package}/{module}": f"genn/graded/{module}" for module in _OWN}
    paths |= {f"{package}/{module}": template for module, template in _SHARED.items()}
    jinja = environment()
    return SourceBundle(
        name=file_stem(program.name),
        files=tuple(
            (path, tidy_python(jinja.get_template(f"{template}.j2").render(view)))
            for path, template in paths.items()
        ),
        main=SCRIPT,
        metadata=(
            ("digest", program.digest),
            ("package", package),
            ("precision", precision),
            ("target", "genn"),
        ),
    )


def _population(p: GradedPopulation, program: GradedProgram) -> View:
    printer = GeNNPrinter()
    inputs = [_input(name, p, program) for name in p.inputs]
    constant = [x["constant"] for x in inputs if x["constant"]]
    used = {name for a in (*p.advance, *p.send) for name in names_in(a.value)}
    read = used | {n for c in p.constants if c.name in used for n in names_in(c.value)}
    every = [*(q.local for q in p.parameters), *(c.name for c in p.constants)]
    numbers = [name for name in dict.fromkeys(every) if name in used]
    arriving = [word for x in inputs for word in (x["given"], x["sent"]) if word]
    return {
        "name": comment(p.name),
        "id": identifier(p.name),
        "size": p.size,
        "states": list(p.states),
        "sends": list(p.values),
        "constant": constant,
        "numbers": numbers,
        "variables": [*p.states, *p.values, *constant, "moved", *numbers],
        "inputs": inputs,
        "arriving": arriving,
        "initial": [(x, repr(v)) for x, v in zip(p.states, p.initial, strict=True)],
        "parameters": [(q.local, q.name) for q in p.parameters if q.local in read],
        "constants": [(c.name, _host(c.value)) for c in p.constants if c.name in read],
        "advance": [f"const scalar {a.target} = {printer.expression(a.value)};" for a in p.advance],
        "send": [f"{a.target} = {printer.expression(a.value)};" for a in p.send],
    }


def _host(e: Expr) -> str:
    """A constant as Python, in which a step is called DT."""
    return NumpyPrinter().expression(rewritten(e, lambda x: Name("DT") if x == Name("dt") else x))


def _input(name: str, p: GradedPopulation, program: GradedProgram) -> dict[str, str]:
    """Names of what an input adds up; empty where nothing comes from sources, or from neurons."""
    incoming = [q for q in program.projections if q.post == p.name and q.input == name]
    from_sources = [q for q in incoming if program.population(q.pre).source]
    given = f"given_{name}" if from_sources else ""
    sent = f"sent_{name}" if len(from_sources) < len(incoming) else ""
    constant = f"constant_{name}" if given else ""
    total = " + ".join(word for word in (constant, sent) if word) or "0.0"
    return {"name": name, "constant": constant, "given": given, "sent": sent, "sum": total}


def _projection(q: GradedProjection, program: GradedProgram) -> View:
    source = program.population(q.pre).source
    return {
        "name": q.name,
        "id": identifier(q.name),
        "dense": q.connectivity == "dense",
        "pre": identifier(q.pre),
        "value": "value" if source else q.value,
        "post": identifier(q.post),
        "target": f"{'given' if source else 'sent'}_{q.input}",
        "weight": q.weight,
    }
