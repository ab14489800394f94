"""``genprop models``: the library of neurons, synapses and optimisers, and each of them in full."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from genprop.cli._command import Commands, add_command
from genprop.describe.library import (
    ListedModel,
    list_models,
    load_neuron,
    load_synapse,
    load_update,
)
from genprop.describe.spec import Equation, QuantitySpec
from genprop.errors import ConfigurationError, did_you_mean
from genprop.units import dimension_name

__all__ = ["add", "run"]

Rows = list[tuple[str, str]]
Tables = list[tuple[str, tuple[QuantitySpec, ...]]]


def add(commands: Commands) -> None:
    """Register ``genprop models [NAME …]``."""
    parser = add_command(
        commands,
        "models",
        "list the neurons, synapses and optimisers, or show some in full",
        """genprop models                       all of them, with a line on each
           genprop models lif                   equations, parameters, units and citation
           genprop models alif exp adam         several""",
        more="Models of your own stand in the folders of $GENPROP_MODELS, or of\n"
        "`[tool.genprop] models` in your pyproject.toml, each with neurons/, synapses/, updates/.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="models to show in full")


def run(args: argparse.Namespace) -> int:
    """Print the list, or the models that were named; gives 0."""
    listed = list_models()
    names: list[str] = [name.lower() for name in args.names]
    known = {model.name for model in listed}
    for name in names:
        if name not in known:
            raise ConfigurationError(
                f"there is no model {name!r}", remedy=did_you_mean(name, known)
            )
    if not names:
        print(_listing(listed))
    shown = [model for name in names for model in listed if model.name == name]
    print("\n\n".join(map(_in_full, shown)), end="\n" if shown else "")
    return 0


def _listing(listed: Iterable[ListedModel]) -> str:
    """One line per model under a heading per kind."""
    lines: list[str] = []
    kind = ""
    for model in listed:
        if model.kind != kind:
            kind = model.kind
            lines += ["", _HEADINGS[kind]] if lines else [_HEADINGS[kind]]
        lines.append(f"  {model.name:<12} {_first_sentence(model.doc)}")
    return "\n".join([*lines, "", "genprop models NAME shows one in full"])


def _in_full(model: ListedModel) -> str:
    """Doc, equations, quantities and citation of one model."""
    rows, tables = _READERS[model.kind](model.name)
    lines = [f"{model.name} ({model.kind}): {' '.join(model.doc.split())}", ""]
    lines += [f"  {label:<10} {text}" for label, text in rows]
    for title, quantities in tables:
        lines += ["", title, *_columns([_cells(q) for q in quantities])] if quantities else []
    return "\n".join([*lines, "", f"cite  {model.cite or '-'}", f"file  {model.path}"])


def _neuron(name: str) -> tuple[Rows, Tables]:
    spec = load_neuron(name).spec
    rows = _derivatives(spec.flow)
    rows += [("spike", spec.spike.text if spec.spike else "never")]
    rows += _assignments("reset", spec.reset)
    if spec.refractory:
        rows.append(("held", f"{', '.join(spec.held)} for {spec.refractory} after a spike"))
    tables = [("parameters", spec.parameters), ("states", spec.states), ("inputs", spec.inputs)]
    return rows, tables


def _synapse(name: str) -> tuple[Rows, Tables]:
    spec = load_synapse(name).spec
    rows = _derivatives(spec.flow) + _assignments("arrival", spec.arrival)
    if spec.output is not None:
        rows.append(("output", f"{spec.output.text}, added to the input {spec.input}"))
    return rows, [("parameters", spec.parameters), ("states", spec.states)]


def _update(name: str) -> tuple[Rows, Tables]:
    spec = load_update(name).spec
    rows = _assignments("each step", spec.equations)
    return rows, [("settings", spec.settings), ("states", spec.states)]


_HEADINGS = {"neuron": "neurons", "synapse": "synapses", "update": "optimisers"}
_READERS: dict[str, Callable[[str], tuple[Rows, Tables]]] = {
    "neuron": _neuron,
    "synapse": _synapse,
    "update": _update,
}


def _derivatives(flow: Iterable[Equation]) -> Rows:
    return _labelled("flow", [f"d{e.target}/dt = {e.text}" for e in flow])


def _assignments(label: str, equations: Iterable[Equation]) -> Rows:
    return _labelled(label, [f"{e.target} = {e.text}" for e in equations])


def _labelled(label: str, texts: list[str]) -> Rows:
    """Rows of which the first carries the label."""
    return [(label if k == 0 else "", text) for k, text in enumerate(texts)]


def _cells(quantity: QuantitySpec) -> tuple[str, str, str, str]:
    unit = dimension_name(quantity.dimension)
    value = f"{quantity.value:g}" + ("" if unit == "1" else f" {unit}")
    return quantity.name, value, _bounds(quantity), " ".join(quantity.doc.split())


def _bounds(quantity: QuantitySpec) -> str:
    low, high = quantity.minimum, quantity.maximum
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    if low is not None:
        return f"≥ {low:g}"
    return "" if high is None else f"≤ {high:g}"


def _columns(rows: list[tuple[str, str, str, str]]) -> list[str]:
    """Rows as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    shown = [k for k, width in enumerate(widths) if width]
    return [f"  {'  '.join(row[k].ljust(widths[k]) for k in shown)}".rstrip() for row in rows]


def _first_sentence(doc: str) -> str:
    head, stop, _ = " ".join(doc.split()).partition(". ")
    return head + stop.strip()
