"""A compiled network as a folder of the user's own: sources to edit, data to go on with.

::

    DIR/bundle.json and sources     the generated text; edit it, load() compiles it again
    DIR/network.json                description, Program and settings, as data
    DIR/state.npz                   parameters and optimiser, as Simulator.state() gives them
    DIR/*.npz                       what text that runs without genprop reads beside them

Nothing in it is executed but the sources, and those only after the user's compiler took them.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from genprop._checks import given_path, integer, refuse_unlike
from genprop._reading import read_json, read_npz, reading
from genprop._version import __version__
from genprop._writing import writing
from genprop.backends import get_backend
from genprop.backends.base import Standalone
from genprop.emit.bundle import SourceBundle
from genprop.errors import ConfigurationError
from genprop.runtime.earlier import derived_anew
from genprop.runtime.graded import GradedSimulator
from genprop.runtime.graded_folder import saved_graded
from genprop.runtime.remembered import fingerprint
from genprop.runtime.saved_stages import read_stages, write_stages
from genprop.runtime.serialise import deserialised, serialised
from genprop.runtime.simulator import Simulator
from genprop.runtime.soundness import refuse_unsound_files

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.describe.spec import NetworkSpec
    from genprop.lower.program import Program
    from genprop.stages.base import Stage

__all__ = ["load", "save"]

_REMEDY = "write the folder again: genprop build NET -o DIR"
_NETWORK, _STATE, _BUNDLE = "network.json", "state.npz", "bundle.json"


def save(sim: Simulator, folder: str | Path) -> Path:
    """Write ``sim`` as a folder that :func:`load` reads: sources, description, parameters.

    Args:
        sim: what ``gp.compile`` gave, trained or not.
        folder: is made where it is missing; a folder that holds something else is refused.

    Raises:
        ConfigurationError: for a folder with other things in it.
        UnsupportedError: for initial values of a class of the user's own, or derived parameters
            where the sources run without genprop.
    """
    refuse_unlike(sim, "spec program bundle", "save(sim, …)", "what gp.compile(…) gave")
    place = given_path(folder, "save(sim, folder)")
    _refuse_foreign(place)
    content = {
        "genprop": __version__,
        "code": fingerprint(),
        "backend": sim.target.name,
        "options": _options(sim.target),
        "batch": sim.batch,
        "seed": sim.seed,
        "events": sim.events,
        "stages": write_stages(sim),
        "spec": serialised(sim.spec),
        "program": serialised(sim.program),
        "clock": sim.program.clock.name,
        "sources": None if sim.bundle is None else sim.bundle.digest(),
    }
    with writing(place, "the folder of the network"):
        place.mkdir(parents=True, exist_ok=True)
        if sim.bundle is not None:
            sim.bundle.write(place)
        (place / _NETWORK).write_text(json.dumps(content) + "\n", encoding="utf-8")
        (place / _STATE).write_bytes(_packed(sim.state()))
        if isinstance(sim.target, Standalone):
            for name, arrays in sim.target.auxiliary_arrays(sim.topology).items():
                (place / name).write_bytes(_packed(arrays))
    return place


def _packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The bytes of an npz; made in memory, so that a full disk meets plain writing only."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def load(
    folder: str | Path, *, backend: Target | None = None, stages: Sequence[Stage] = ()
) -> Simulator:
    """The network in a folder of ``genprop build`` or :func:`save`, ready to run and to learn.

    Sources are compiled as they are now, with the edits made since they were written. Where other
    code of genprop wrote them, they are rendered anew from the description.

    Args:
        folder: where it is.
        backend: instead of the one it was written with, such as ``gp.Native(threads=1)``.
        stages: those of the network, where one of them is code and could not be written.

    Raises:
        ConfigurationError: for a folder that is none, is incomplete, or is of another version; for
            edited sources that other code of genprop wrote.
        ToolchainError: without a compiler, or where it refuses the sources.
        CheckpointError: for parameters of another network.
    """
    place = given_path(folder, "load(folder)")
    with reading(place / _NETWORK, "network of genprop", ConfigurationError, _REMEDY):
        return _loaded(place, backend, stages)


def _loaded(place: Path, backend: Target | None, stages: Sequence[Stage]) -> Simulator:
    content = _read(place / _NETWORK)
    where = str(place / _NETWORK)
    spec = cast("NetworkSpec", deserialised(content["spec"], where))
    target = backend or _target(content)
    bundle = SourceBundle.read(place) if (place / _BUNDLE).is_file() else None
    batch, seed = integer(content["batch"], "batch", least=1), integer(content["seed"], "seed")
    if spec.graded:
        built = saved_graded(content, spec, target, bundle, where)
        graded = GradedSimulator.of(
            spec, built, target, read_stages(content, stages, spec, where), batch=batch, seed=seed
        )
        graded.restore(_state(place / _STATE))
        return graded
    if content.get("code") == fingerprint():
        program = cast("Program", deserialised(content["program"], where))
    else:
        program, bundle = derived_anew(content, spec, target, bundle, where)
    refuse_unsound_files(spec, program, where)
    sim = Simulator(
        spec,
        program,
        target.load(program, spec, bundle),
        batch=batch,
        seed=seed,
        events=str(content["events"]),
        target=target,
        bundle=bundle,
        stages=read_stages(content, stages, spec, where),
    )
    sim.restore(_state(place / _STATE))
    return sim


def _refuse_foreign(place: Path) -> None:
    if place.is_file() or (place.is_dir() and any(place.iterdir()) and not _is_ours(place)):
        raise ConfigurationError(
            "there is something else already",
            where=str(place),
            remedy="name a new folder, or one that genprop build wrote",
        )


def _is_ours(place: Path) -> bool:
    return (place / _NETWORK).is_file()


def _options(target: Target) -> dict[str, object]:
    """How the backend was set, but for its name."""
    found = fields(target) if is_dataclass(target) else ()
    return {f.name: serialised(getattr(target, f.name)) for f in found if f.name != "name"}


def _target(content: dict[str, object]) -> Target:
    default = get_backend(str(content["backend"]))
    options = cast("dict[str, object]", content["options"])
    return type(default)(**options)


def _read(path: Path) -> dict[str, object]:
    remedy = "write one: genprop build NET -o DIR"
    try:
        content = cast("dict[str, object]", read_json(path))
        version = content["genprop"]
        missing = {"spec", "program", "backend", "options", "batch", "seed", "events"} - set(
            content
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"this folder holds no network of genprop ({error})",
            where=str(path.parent),
            remedy=remedy,
        ) from error
    if missing or version != __version__:
        fault = f"lacks {', '.join(sorted(missing))}" if missing else f"is of genprop {version}"
        raise ConfigurationError(
            f"the network {fault}; this is genprop {__version__}", where=str(path), remedy=remedy
        )
    return content


def _state(path: Path) -> dict[str, np.ndarray]:
    with reading(path, "file of parameters", ConfigurationError, _REMEDY):
        return read_npz(path)
