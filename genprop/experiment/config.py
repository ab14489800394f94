"""train.toml: everything a training is, in one file.

::

    network = "network.py"      # beside this file; its build(**options) gives a gp.Experiment
    code_snapshot = "network.py"  # in a run folder: the copy of it that was trained, and is run
    name = "yin-yang"           # of the run folder; by default the folder of this file
    recipe = "small-data"       # settings by name, under those here, see genprop.experiment.recipes
    seed = 1                    # initial values, order of samples, augmentation

    [data]                      # for build(train, valid, test), see genprop.experiment.sources
    source = "from_audio"       # a function of gp.data, called with the other keys
    sounds = "recordings"

    [options]                   # what build() is called with
    hidden = 30

    [compile]                   # what gp.compile() is called with; times in ms
    dt = 1.0
    duration = 60.0
    batch = 32
    backend = "native"

    [optimiser]                 # instead of build()'s: one for all …
    kind = "adam"
    rate = 1e-3
    [optimiser.delay]           # … or by role, name in the model or flat name
    kind = "adam"
    rate = 0.1

    [quantise]                  # learn on the grid of Loihi 2, see genprop.QuantiseAware
    weight_bits = 4             # scales are calibrated on the training set

    [fit]
    epochs = 20
    best = "valid.loss"         # what makes an epoch the best; "last" for the last one
    start = "runs/yin-yang"     # begin with the best parameters of a run, or with a checkpoint's

    [callbacks.clip]            # see genprop.train.CALLBACKS
    norm = 1.0

    [cluster]                   # of genprop sweep and search --on …: options of dask-jobqueue
    account = "lab"

    [search]                    # what genprop search varies, see there
    "optimiser.rate" = "log 1e-4..1e-2"
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genprop._moved import attributes
from genprop.errors import ConfigurationError, did_you_mean, refuse_if
from genprop.experiment.recipes import with_recipe
from genprop.experiment.renamed import with_new_names
from genprop.experiment.schema import AROUND, SECTIONS, TOP, findings
from genprop.experiment.toml import Table, line_of, parse_assignment, read_toml, toml_text

__all__ = ["Config", "read_config"]


@attributes(kept="code_snapshot")
@dataclass(frozen=True, slots=True)
class Config:
    """A train.toml that was read and checked. ``source`` and ``text`` are for places in errors."""

    network: Path
    name: str
    seed: int = 0
    data: Table = field(default_factory=dict[str, object])
    options: Table = field(default_factory=dict[str, object])
    compile: Table = field(default_factory=dict[str, object])
    optimiser: Table = field(default_factory=dict[str, object])
    quantise: Table = field(default_factory=dict[str, object])
    fit: Table = field(default_factory=dict[str, object])
    callbacks: Table = field(default_factory=dict[str, object])
    cluster: Table = field(default_factory=dict[str, object], compare=False)
    search: Table = field(default_factory=dict[str, object], compare=False)
    code_snapshot: Path | None = field(default=None, compare=False)
    source: Path = field(default=Path("train.toml"), compare=False)
    text: str = field(default="", compare=False, repr=False)

    @property
    def code(self) -> Path:
        """The file whose text is run: the code snapshot, else ``network`` itself."""
        return self.code_snapshot or self.network

    @property
    def epochs(self) -> int:
        """How often the training set is seen."""
        return int(str(self.fit["epochs"]))

    def tables(self, network: str = "", snapshot: str = "") -> Table:
        """The settings as tables; ``network`` and ``snapshot`` are paths as they are written."""
        head: Table = {"network": network or str(self.network)}
        head |= {"code_snapshot": snapshot} if snapshot else {}
        head["name"] = self.name
        sections: Table = {"seed": self.seed}
        for name in SECTIONS:
            if (table := self.section(name)) and name not in AROUND:
                sections[name] = table
        return head | sections

    def section(self, name: str) -> Table:
        """The table ``[name]``."""
        found = {
            "data": self.data,
            "options": self.options,
            "compile": self.compile,
            "optimiser": self.optimiser,
            "quantise": self.quantise,
            "fit": self.fit,
            "callbacks": self.callbacks,
            "cluster": self.cluster,
            "search": self.search,
        }
        return found[name]

    def toml(self, network: str = "", snapshot: str = "") -> str:
        """The settings as a train.toml."""
        return toml_text(self.tables(network, snapshot))

    def place(self, *path: str) -> str:
        """File and line of a key, for errors."""
        line = line_of(self.text, path)
        return f"{self.source}, line {line}" if line else f"{self.source}, {'.'.join(path)}"

    def differences(self, other: Config) -> list[str]:
        """What differs from ``other``, key by key; epochs, threads and memory do not count.

        Networks are compared by their code, in which comments and layout do not count.
        """
        ours, theirs = dict(_flat(self.tables())), dict(_flat(other.tables()))
        for tables in (ours, theirs):
            for free in ("fit.epochs", "compile.threads", "compile.memory", "network"):
                tables.pop(free, None)
        same = _meaning(self.code) == _meaning(other.code)
        return [f"the code of {self.code} is not that of {other.code}"] * (not same) + [
            f"{key} is {ours.get(key, 'not set')!r}, was {theirs.get(key, 'not set')!r}"
            for key in sorted(ours.keys() | theirs.keys())
            if ours.get(key) != theirs.get(key)
        ]


def read_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read and check a train.toml.

    Args:
        path: the file.
        overrides: ``"key=value"`` each, in TOML: ``"fit.epochs=5"``, or ``"epochs=5"`` where the
            name is that of one section only; options of ``build`` count as [options].

    Raises:
        ConfigurationError: for unknown keys (with "did you mean"), values of another type and
            missing keys, all at once, each with its line.
    """
    path = Path(path).expanduser()
    tables, text = read_toml(path)
    tables = with_new_names(tables, str(path))
    for override in overrides:
        code = tables.get("code_snapshot", tables.get("network", ""))
        options = _options_of(path.parent / str(code))
        options |= _table(tables.get("options", {})).keys()
        change = with_new_names(parse_assignment(override), f"--set {override}")
        _merge(tables, _qualified(change, options, override))
    tables = with_recipe(tables, str(path))
    refuse_if(findings(tables, text, path))

    def section(name: str) -> Table:
        return _table(tables.get(name, {}))

    snapshot = tables.get("code_snapshot")
    return Config(
        network=path.parent / str(tables["network"]),
        code_snapshot=None if snapshot is None else path.parent / str(snapshot),
        name=str(tables.get("name", path.resolve().parent.name)),
        seed=int(str(tables.get("seed", 0))),
        data=section("data"),
        options=section("options"),
        compile=section("compile"),
        optimiser=section("optimiser"),
        quantise=section("quantise"),
        fit=section("fit"),
        callbacks=section("callbacks"),
        cluster=section("cluster"),
        search=section("search"),
        source=path,
        text=text,
    )


def _options_of(network: Path) -> set[str]:
    """The names of what ``build`` takes, read from the file without running it."""
    module = _module(network)
    if module is None:
        return set()
    builds = [n for n in module.body if isinstance(n, ast.FunctionDef) and n.name == "build"]
    return {a.arg for b in builds for a in (*b.args.args, *b.args.kwonlyargs)}


def _module(network: Path) -> ast.Module | None:
    """The file as Python reads it, or None where it cannot."""
    try:
        return ast.parse(network.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None


def _meaning(network: Path) -> str:
    """The code without comments and layout; the path where there is no code."""
    module = _module(network)
    return str(network.resolve()) if module is None else ast.dump(module)


def _qualified(assignment: Table, options: set[str], shown: str) -> Table:
    """The assignment with its section, where it was left out and is clear."""
    key = next(iter(assignment))
    if key in TOP or key in SECTIONS:
        return assignment
    known = {
        name: set(schema) if schema is not None else set[str]() for name, schema in SECTIONS.items()
    }
    known["options"] = options - {"seed"}
    homes = [name for name, keys in known.items() if key in keys]
    if len(homes) == 1:
        return {homes[0]: assignment}
    if homes:
        raise ConfigurationError(
            f"{key!r} is in several sections",
            where=f"--set {shown}",
            remedy=" or ".join(f"{home}.{shown}" for home in homes),
        )
    every = {*TOP, *SECTIONS, *(name for keys in known.values() for name in keys)}
    raise ConfigurationError(
        f"no setting is called {key!r}",
        where=f"--set {shown}",
        remedy=did_you_mean(key, every),
    )


def _merge(tables: Table, change: Table) -> None:
    for key, value in change.items():
        inner = tables.get(key)
        if isinstance(value, dict) and isinstance(inner, dict):
            _merge(inner, _table(value))
        else:
            tables[key] = value


def _table(value: object) -> Table:
    return {str(k): v for k, v in value.items()} if isinstance(value, dict) else {}


def _flat(tables: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from _flat(_table(value), f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
