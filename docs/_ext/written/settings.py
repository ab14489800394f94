"""The reference of train.toml, from the schema that reads it and the docstrings of what it sets."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path

import genprop as gp
from genprop.experiment.callbacks import CALLBACKS
from genprop.experiment.schema import SECTIONS, TOP
from written.docstrings import arguments, markdown

__all__ = ["pages"]

_WORDS = {str: "string", int: "integer", float: "number", bool: "true or false"}
_TOP = {
    "network": "the file with `build(…)`, beside the train.toml",
    "recipe": "settings by name, such as `small-data`, wherever the file has none itself",
    "code_snapshot": "in run folders: which file holds the code that was run",
    "name": "of the runs",
    "seed": "of the first parameters, the order of samples and augmentation",
}
_FIT = {
    "best": "the metric whose best epoch is tested and kept as `best.h5`, such as `valid.accuracy`",
    "every": "a checkpoint after so many batches, too",
    "start": "a run folder, or a checkpoint, whose parameters training begins with",
}
_ABOUT = {
    "data": 'A source of [`gp.data`](api/rooms/data.rst) by its name, `source = "fsdd"`, and its arguments; '
    "`build(train, valid, test, …)` in network.py is given the sets.",
    "options": "Arguments of `build(seed, …)` in network.py; which there are is the network's.",
    "compile": "How the network is run: arguments of [`gp.compile`](api/run.rst), and options of the backend.",
    "optimiser": "Changes to the optimisers of network.py: `weight.rate = 1e-3`.",
    "quantise": "Learn on the chip's integers: arguments of [`gp.Quantise`](api/chip.rst).",
    "fit": "How long it learns, and what is kept.",
    "callbacks": "What acts while learning; a section each, `[callbacks.cosine]`.",
    "cluster": "Where sweeps and searches run: options of dask-jobqueue, beside `--on slurm://…`.",
    "search": "For `genprop search`: `trials`, `metric`, and a space for each setting: "
    '`"options.rate" = "log 1e-4..1e-2"`, `"int 8..256"`, `["a", "b"]`.',
}


def pages(root: Path) -> Iterator[tuple[str, str]]:
    """One page: the keys above all sections, and those of every section."""
    known = {
        **arguments(gp.Native), **arguments(gp.GeNN), **arguments(gp.Quantise),
        **arguments(gp.fit), **arguments(gp.compile), **_FIT,
    }  # fmt: skip
    parts = [
        "# Settings: train.toml",
        "Times are in ms. Every key may be set by `--set section.key=value` for one run. Unknown "
        "keys, wrong types and values out of range are reported together, each with its line.",
        "## Above all sections",
        _table(TOP, _TOP),
    ]
    for section, keys in SECTIONS.items():
        parts += [f"## [{section}]", _ABOUT[section]]
        if keys:
            parts.append(_table(keys, known))
        if section == "callbacks":
            parts += _callbacks()
    yield "settings.md", "\n\n".join(parts) + "\n"


def _callbacks() -> Iterator[str]:
    for name, kind in sorted(CALLBACKS.items()):
        yield f"### [callbacks.{name}]"
        yield markdown((inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " "))
        meanings = arguments(kind)
        rows = ["| key | if left out | meaning |", "|---|---|---|"]
        for key, parameter in inspect.signature(kind).parameters.items():
            needed = parameter.default is inspect.Parameter.empty
            default = "needed" if needed else f"`{parameter.default!r}`"
            rows.append(f"| `{key}` | {default} | {meanings.get(key, '')} |")
        if len(rows) > 2:
            yield "\n".join(rows)


def _table(keys: Mapping[str, tuple[type, ...]], meanings: Mapping[str, str]) -> str:
    rows = ["| key | type | meaning |", "|---|---|---|"]
    for key, types in keys.items():
        words = "number" if float in types else " or ".join(_WORDS[kind] for kind in types)
        rows.append(f"| `{key}` | {words} | {meanings.get(key, '')} |")
    return "\n".join(rows)
