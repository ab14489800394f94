"""The library of models: files found by listing folders, the nearest level first.

1. ``$GENPROP_MODELS`` (folders, separated like ``$PATH``); 2. ``[tool.genprop] models`` of the
pyproject.toml in the working directory; 3. entry points of the group ``genprop.models``; 4. the
models that come with genprop. Each folder holds ``neurons/``, ``synapses/`` and ``updates/``.
A nearer level hides a farther one; a name found twice at one level is an error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, cast

from genprop._resources import data_dir
from genprop.describe.modelfile import (
    ModelFile,
    read_neuron,
    read_synapse,
    read_table,
    read_update,
)
from genprop.errors import ConfigurationError, DescriptionError, did_you_mean

if TYPE_CHECKING:
    from genprop.describe.spec import NeuronSpec, SynapseSpec, UpdateSpec

__all__ = [
    "ListedModel",
    "list_models",
    "load_neuron",
    "load_synapse",
    "load_update",
    "model_path",
    "project_folders",
]

FOLDERS = ("neurons", "synapses", "updates")


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model that a name leads to: ``kind`` is ``"neuron"``, ``"synapse"`` or ``"update"``."""

    kind: str
    name: str
    doc: str
    cite: str
    path: Path


def load_neuron(model: str) -> ModelFile[NeuronSpec]:
    """The neuron of that name (capitals do not matter) or path."""
    return read_neuron(model_path("neurons", model))


def load_synapse(model: str) -> ModelFile[SynapseSpec]:
    """The synapse of that name or path."""
    return read_synapse(model_path("synapses", model))


def load_update(model: str) -> ModelFile[UpdateSpec]:
    """The optimiser of that name or path."""
    return read_update(model_path("updates", model))


def list_models() -> tuple[ListedModel, ...]:
    """Every model that can be named, by kind and name.

    Raises:
        DescriptionError: for a file that is no sound model.
    """
    readers: dict[
        str,
        Callable[[Path], ModelFile[NeuronSpec] | ModelFile[SynapseSpec] | ModelFile[UpdateSpec]],
    ] = {
        "neurons": read_neuron,
        "synapses": read_synapse,
        "updates": read_update,
    }
    found: list[ListedModel] = []
    for folder, read in readers.items():
        for name, path in sorted(_visible(folder).items()):
            spec = read(path).spec
            found.append(ListedModel(folder[:-1], name, spec.doc, spec.cite, path))
    return tuple(found)


def model_path(folder: str, model: str) -> Path:
    """The file of a model.

    Raises:
        DescriptionError: for a name that no level has (with the closest), or twice at one level.
    """
    if not isinstance(model, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DescriptionError(
            f"there is no {folder[:-1]} {model!r:.60}", remedy="give its name, or its file's path"
        )
    if model.endswith(".toml"):
        path = Path(model).expanduser()
        if not path.is_file():
            raise DescriptionError(f"there is no model file {model}", remedy="check the path")
        return path
    visible = _visible(folder)
    if model.lower() not in visible:
        raise DescriptionError(
            f"there is no {folder[:-1]} {model!r}", remedy=did_you_mean(model.lower(), visible)
        )
    return visible[model.lower()]


def _visible(folder: str) -> dict[str, Path]:
    """Names and files of one folder, nearer levels hiding farther ones."""
    found: dict[str, Path] = {}
    for level in _levels():
        here: dict[str, Path] = {}
        for root in level:
            for path in sorted((root / folder).glob("*.toml")):
                name = path.stem.lower()
                if name in here:
                    raise DescriptionError(
                        f"the {folder[:-1]} {name!r} is found twice",
                        where=f"{here[name]} and {path}",
                        remedy="rename or remove one of the two",
                    )
                here[name] = path
        found = {**here, **found}
    return found


def _levels() -> Iterator[list[Path]]:
    """The folders of each level, the nearest level first."""
    yield _given(os.environ.get("GENPROP_MODELS", "").split(os.pathsep), "$GENPROP_MODELS")
    yield _given(project_folders(Path.cwd() / "pyproject.toml", "models"), "[tool.genprop] models")
    yield _of_packages(tuple(sys.path))
    yield [data_dir("models")]


def _given(names: list[str], where: str) -> list[Path]:
    folders = [Path(name).expanduser() for name in names if name]
    for folder in folders:
        if not folder.is_dir():
            raise ConfigurationError(
                f"{where} names {folder}, which is no folder", remedy="correct or remove it"
            )
        if not any((folder / kind).is_dir() for kind in FOLDERS):
            raise ConfigurationError(
                f"{where} names {folder}, which holds no models",
                remedy=f"put model files into its folders {', '.join(FOLDERS)}",
            )
    return list(dict.fromkeys(folder.resolve() for folder in folders))


def project_folders(pyproject: Path, kind: str) -> list[str]:
    """``[tool.genprop] models`` (or ``templates``): folders, named from the file's own."""
    if not pyproject.is_file():
        return []
    table: object = read_table(pyproject)
    for key in ("tool", "genprop", kind):
        table = table.get(key, {}) if isinstance(table, dict) else {}
    names = [table] if isinstance(table, str) else table if isinstance(table, list) else []
    return [str(pyproject.parent / str(name)) for name in cast("list[object]", names)]


@cache
def _of_packages(_path: tuple[str, ...]) -> list[Path]:
    """The folders of installed packages, searched once: reading all metadata takes milliseconds."""
    return [_entry_folder(e.load()) for e in entry_points(group="genprop.models")]


def _entry_folder(target: object) -> Path:
    """An entry point gives a folder, or a module or function that leads to one."""
    found = target() if callable(target) else target
    origin = getattr(found, "__path__", None)
    return Path(next(iter(cast("list[str]", origin)))) if origin else Path(str(found))
