"""Readouts: what a loss looks at. One file each, found by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genprop.adjoint.loss import Observation
    from genprop.describe.spec import ReadoutSpec
    from genprop.equations.system import HybridNetwork

__all__ = ["observation"]


def observation(spec: ReadoutSpec, network: HybridNetwork) -> Observation:
    """The observation a readout stands for, from ``adjoint/readouts/<kind>.py``."""
    module = import_module(f"{__name__}.{spec.kind}")
    return module.observe(spec, network.populations[spec.population])
