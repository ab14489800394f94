"""Integral that counts early times more: Y = (1/T) ∫ e^{−t/T} x dt (Nowotny et al. 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.describe.population import name_of
from genprop.describe.spec import ReadoutSpec

if TYPE_CHECKING:
    from genprop.adjoint.observation import Observation
    from genprop.describe.population import Population
    from genprop.equations.system import HybridSystem

__all__ = ["PAPERS", "observe", "weighted_integral"]

PAPERS = (
    (
        "the shape of the loss",
        "Nowotny, Turner & Knight (2022), Loss shaping enhances exact gradient learning with "
        "EventProp in spiking neural networks, arXiv:2212.01232",
    ),
)


def weighted_integral(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y = (1/T) ∫ e^{−t/T} x dt: early times count more, so that gradients reach early spikes.

    Args:
        population: which neurons.
        state: of the neuron or, with its suffix, of a receptor.

    Source: Nowotny, Turner & Knight 2022, arXiv:2212.01232.
    """
    return ReadoutSpec("weighted_integral", name_of(population), state)


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Y is the time average of the state, weighted by e^{−t/T}."""
    import sympy

    from genprop.adjoint.closed_forms import WeightedIntegral
    from genprop.adjoint.observation import DURATION, TIME, Buffer, Observation, Y

    density = sympy.exp(-TIME / DURATION) / DURATION
    return Observation(
        spec.population,
        about="∫ dt over the trial",
        value=system.state(spec.state),
        buffers=(Buffer(Y, kind="sum"),),
        density=density,
        closed_form=WeightedIntegral(density),
    )
