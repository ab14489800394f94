"""Batch mean of the number of spikes of each neuron, for regularisation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from genprop.adjoint.readouts import spike_count

if TYPE_CHECKING:
    from genprop.adjoint.observation import Observation
    from genprop.describe.spec import ReadoutSpec
    from genprop.equations.system import HybridSystem

__all__ = ["PAPERS", "observe"]

PAPERS = (
    (
        "the shape of the loss",
        "Nowotny, Turner & Knight (2022), Loss shaping enhances exact gradient learning with "
        "EventProp in spiking neural networks, arXiv:2212.01232",
    ),
)


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Y is a mean number of spikes per trial, with a surrogate gradient."""
    counted = spike_count.observe(spec, system)
    return replace(counted, about="batch mean of the number of spikes", pooled=True)
