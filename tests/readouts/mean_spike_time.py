"""A readout from outside the package: the mean time of a neuron's spikes, T where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.adjoint.observation import (
    DURATION,
    GRADIENT,
    INSTANT,
    Buffer,
    Observation,
    above,
    buffer,
    choose,
    time_of,
)
from genprop.adjoint.readouts import register
from genprop.describe.spec import ReadoutSpec

if TYPE_CHECKING:
    from genprop.equations.system import HybridSystem

__all__ = ["mean_spike_time"]


def mean_spike_time(population: str) -> ReadoutSpec:
    """Y = Σ t_k / n [ms]; ∂Y/∂t_k = 1/n."""
    return ReadoutSpec("mean_spike_time", population)


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Two buffers, of which the end of the trial makes y."""
    total, count = buffer("total"), buffer("count", "count")
    return Observation(
        spec.population,
        buffers=(Buffer(total, kind="sum"), Buffer(count, kind="count")),
        spiked={total: total + time_of(INSTANT), count: count + 1},
        y=choose(total / count, DURATION, above(count, 0)),
        spike=GRADIENT / count,
    )


register("mean_spike_time", observe)
