"""Time of the first spike; T for a neuron that stays silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.describe.population import name_of
from genprop.describe.spec import ReadoutSpec

if TYPE_CHECKING:
    from genprop.adjoint.observation import Observation
    from genprop.describe.population import Population
    from genprop.equations.system import HybridSystem

__all__ = ["PAPERS", "first_spike", "observe"]

PAPERS = (
    (
        "losses of first spikes",
        "Göltz, Kriener, Baumbach et al. (2021), Fast and energy-efficient neuromorphic deep "
        "learning with first-spike times, Nat. Mach. Intell. 3:823, doi:10.1038/s42256-021-00388-x",
    ),
)


def first_spike(population: Population | str) -> ReadoutSpec:
    """Y = the time of the first spike [ms], T where there is none (and then no gradient).

    Args:
        population: neurons that spike; gradients reach those whose spike counts in the loss.

    Source: Göltz et al. 2021, doi:10.1038/s42256-021-00388-x.
    """
    return ReadoutSpec("first_spike", name_of(population))


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Y is a time [ms]."""
    import sympy

    from genprop.adjoint.closed_forms import FirstSpike
    from genprop.adjoint.observation import (
        DURATION,
        GRADIENT,
        INSTANT,
        Buffer,
        Observation,
        below,
        buffer,
        choose,
        same,
        time_of,
    )

    first = buffer("first", "instant")
    silent = below(first, 0)
    return Observation(
        spec.population,
        about="time of the first spike",
        buffers=(Buffer(first, sympy.Integer(-1), "instant"),),
        spiked={first: choose(INSTANT, first, silent)},
        y=choose(DURATION, time_of(first), silent),
        spike=choose(GRADIENT, sympy.S.Zero, same(first, INSTANT)),
        closed_form=FirstSpike(),
    )
