"""The door to PyGeNN: is it there, on what can it run, and the network that a bundle builds.

PyGeNN itself is imported by the rendered bundle alone.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from importlib import metadata, util
from pathlib import Path
from typing import Protocol, TypedDict, cast

import numpy as np

__all__ = [
    "DEVICES",
    "INSTALL",
    "Found",
    "RunningNetwork",
    "devices",
    "network_class",
    "version",
]

Arrays = Mapping[str, np.ndarray]
Events = Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]

DEVICES = {"cpu": "single_threaded_cpu", "cuda": "cuda", "hip": "hip"}
"""Devices, and what GeNN calls their backends."""

INSTALL = (
    "PyGeNN 5.4 is on no package index: get the release's sources from "
    "https://github.com/genn-team/genn and follow https://genn-team.github.io "
    "(a C++ compiler and libffi; CUDA_PATH set for GPUs): pip install ./genn"
)
"""How to get it."""


class Found(TypedDict):
    """What a batch gave; populations by identifier."""

    loss: float
    terms: dict[str, float]
    scores: np.ndarray | None
    spikes: dict[str, np.ndarray]
    recorded: dict[str, list[np.ndarray] | np.ndarray]


class RunningNetwork(Protocol):
    """``Network`` of a rendered ``trial.py``."""

    capacity: dict[str, int]

    def run(
        self,
        parameters: Arrays,
        events: Events,
        labels: np.ndarray,
        targets: np.ndarray | None,
        record: tuple[str, ...],
    ) -> Found:
        """Forward only."""
        ...

    def gradients(
        self, parameters: Arrays, events: Events, labels: np.ndarray, targets: np.ndarray | None
    ) -> tuple[Found, dict[str, np.ndarray]]:
        """Forward and backward."""
        ...

    def update(
        self,
        parameters: Arrays,
        gradients: Arrays,
        state: Arrays,
        settings: Mapping[str, Mapping[str, float]],
        count: int,
    ) -> None:
        """One step of every optimiser, in place."""
        ...


class NetworkClass(Protocol):
    """Builds or finds, and loads, a network."""

    def __call__(
        self,
        folder: Path,
        device: str,
        batch: int,
        connectivity: Mapping[str, tuple[np.ndarray, np.ndarray]],
        capacity: int | None,
        compiled: bool,
    ) -> RunningNetwork:
        """The network, loaded."""
        ...


def version() -> str | None:
    """PyGeNN's version; None where it is not installed."""
    try:
        return metadata.version("pygenn") if util.find_spec("pygenn") else None
    except metadata.PackageNotFoundError:
        return "unknown"


def devices() -> tuple[str, ...]:
    """The devices that the installed PyGeNN was built for."""
    if version() is None:
        return ()
    return tuple(d for d, name in DEVICES.items() if util.find_spec(f"pygenn.{name}_backend"))


def network_class(package: Path) -> NetworkClass:
    """``Network`` of a rendered package, whose name here is its place's alone.

    Two networks, or one network compiled twice, are two packages of different names.
    """
    name = f"_{package.name}_{hashlib.sha256(str(package.resolve()).encode()).hexdigest()[:16]}"
    if name not in sys.modules:
        _import_package(name, package)
    return cast("NetworkClass", sys.modules[name].Network)


def _import_package(name: str, place: Path) -> None:
    found = util.spec_from_file_location(
        name, place / "__init__.py", submodule_search_locations=[str(place)]
    )
    assert found is not None and found.loader is not None  # it ends in .py
    module = sys.modules[name] = util.module_from_spec(found)
    try:
        found.loader.exec_module(module)
    except BaseException:
        for loaded in [n for n in sys.modules if n == name or n.startswith(f"{name}.")]:
            del sys.modules[loaded]
        raise
