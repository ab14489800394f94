"""The door to PyGeNN: is it there, on what can it run, and the network that a bundle builds.

PyGeNN itself is imported by the rendered bundle alone.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module, metadata, util
from pathlib import Path
from typing import Protocol, TypedDict, cast

import numpy as np

__all__ = ["DEVICES", "INSTALL", "Found", "RunningNetwork", "devices", "network_class", "version"]

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


def network_class(source: Path) -> NetworkClass:
    """``Network`` of the bundle in ``source``; its modules are known to nobody else afterwards."""
    with _alone(source):
        return cast("NetworkClass", import_module("trial").Network)


@contextmanager
def _alone(source: Path) -> Generator[None]:
    """Imports find the bundle's modules first; modules of these names elsewhere come back later."""
    names = {path.stem for path in source.glob("*.py")}
    kept = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(source))
    try:
        yield
    finally:
        sys.path.remove(str(source))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(kept)
