"""The floats that the chip's integers stand for: what a network must be run with to behave alike.

With S the scale of the receiving population and ŵ, α̂, β̂ what the chip holds::

    α = α̂     β = β̂     θ = vth / S     g K(α̂, β̂) w = ŵ / S     d = d̂ dt
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.limits import DECAY
from genprop.backends.loihi.chip.weights import stored_weights
from genprop.backends.loihi.mapping.cell import recognise
from genprop.backends.loihi.mapping.connectivity import connectivity_of

if TYPE_CHECKING:
    from genprop.backends.base import Parameters
    from genprop.backends.loihi.chip.integers import Cells
    from genprop.backends.loihi.mapping.cell import Cell
    from genprop.backends.loihi.mapping.quantise import Quantised
    from genprop.describe.topology import Topology
    from genprop.lower.program import PopulationProgram, Program

__all__ = ["decoded"]

_NUDGE = 1 + 2.0**-10


def decoded(
    program: Program,
    topology: Topology,
    parameters: Parameters,
    cells: Mapping[str, Cell],
    quantised: Quantised,
) -> dict[str, np.ndarray]:
    """Every parameter by flat name, float64: weights, delays, time constants, thresholds decoded.

    A time constant or threshold is decoded where one parameter alone sets it, and stays as it is
    elsewhere; so do parameters that the chip has no number for.
    """
    seen = {name: np.asarray(value, np.float64) for name, value in parameters.items()}
    scales = quantised.grid.scale
    gain: dict[str, float] = {}
    for held in quantised.network.cells:
        population, cell = program.population(held.name), cells[held.name]
        for name, factor in _factors(population, seen, cell, held, scales[held.name], program.dt):
            seen[name] = seen[name] * factor
        found, _ = recognise(population, seen, program.dt)
        gain[held.name] = (found or cell).gain
    for projection, held in zip(program.projections, quantised.network.synapses, strict=True):
        connectivity = connectivity_of(projection, program, topology, parameters, graded=False)
        shape = np.shape(parameters[projection.weight])
        stored = stored_weights(held.weight, held.bits)[connectivity.pre, connectivity.post]
        whole = stored * 2.0**held.exponent
        unit = scales[projection.post] * gain[projection.post]
        seen[projection.weight] = (whole / unit).reshape(shape)
        if connectivity.steps is not None:
            delays = np.shape(parameters[projection.delay])
            seen[projection.delay] = program.grid.delays(connectivity.steps).reshape(delays)
    return seen


def _factors(
    population: PopulationProgram,
    parameters: Parameters,
    cell: Cell,
    held: Cells,
    scale: float,
    dt: float,
) -> list[tuple[str, float]]:
    """By how much to multiply which parameters, so that the cell has the chip's numbers.

    A parameter that moves α alone is taken as the τ of α = e^{−dt/τ}; likewise β; one that moves
    the threshold alone as a factor of it.
    """
    factors: list[tuple[str, float]] = []
    slow, fast = (1 - x / DECAY.highest for x in (held.dv, held.du + 1))
    for used in population.parameters:
        nudged = {**parameters, used.name: parameters[used.name] * _NUDGE}
        moved, _ = recognise(population, nudged, dt)
        if moved is None:
            continue
        differs = (
            moved.alpha != cell.alpha,
            moved.beta != cell.beta,
            moved.threshold != cell.threshold,
        )
        if differs == (True, False, False):
            factors.append((used.name, _longer(cell.alpha, slow)))
        elif differs == (False, True, False):
            factors.append((used.name, _longer(cell.beta, fast)))
        elif differs == (False, False, True) and cell.threshold:
            factors.append((used.name, held.vth / (scale * cell.threshold)))
    return factors


def _longer(decay: float, held: float) -> float:
    """How much longer the time constant of ``held`` is than that of ``decay``."""
    if not (0 < decay < 1 and 0 < held < 1):
        return 1.0
    return float(np.log(decay) / np.log(held))
