"""Spike counts and gradients of two runs beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from genprop.backends import get_backend
from genprop.runtime.clock_choice import why_not_exact
from genprop.runtime.exact_measure import ExactMeasure, exact_solver

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.data.spikes import SpikeBatch
    from genprop.runtime.simulator import Simulator

__all__ = ["distance", "flat", "on_exact_clock", "spike_counts"]

Arrays = Mapping[str, np.ndarray]
Counts: TypeAlias = tuple[int, ...]


def spike_counts(sim: Simulator) -> Counts:
    """Of the last batch, of every sample and neuron."""
    return flat(sim.last.spikes)


def flat(spikes: Mapping[str, np.ndarray]) -> Counts:
    """Counts by population, one after another."""
    return tuple(int(n) for name in sorted(spikes) for n in np.ravel(spikes[name]))


def distance(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, relative to the largest entry expected."""
    scale = float(np.abs(expected).max(initial=0.0)) or 1.0
    return float(np.abs(np.asarray(found, float) - expected).max(initial=0.0)) / scale


def on_exact_clock(
    compiled: Callable[[float, str], Simulator],
    grid: Simulator,
    measure: ExactMeasure,
    batch: SpikeBatch,
    parameters: Arrays,
    learned: Sequence[str],
) -> Mapping[str, float] | None:
    """By parameter, how far gradients on the exact clock are from the event solver's.

    None where the backend of ``grid`` has no such clock, or its spikes differ in number. A loss
    over time is that of the steps of ``grid``, on both sides.
    """
    target: Target = get_backend(grid.target)
    if why_not_exact(grid.spec, target, "exact", grid.program.clock):
        return None
    sim = compiled(grid.dt, "exact")
    sim.parameters.update(parameters)
    _, found = sim.gradients(batch)
    solver, _ = exact_solver(grid.spec, grid.duration, grid.dt)
    assert solver is not None  # what the clock can run it can
    stepped = ExactMeasure(solver, measure.spec, measure.stages, measure.topology)
    _, counts, due = stepped.evaluate(batch, parameters, gradient=True)
    if spike_counts(sim) != flat(counts):
        return None
    return {name: distance(found[name], due[name]) for name in learned}
