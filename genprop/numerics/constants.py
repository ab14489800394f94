"""The numbers behind a population's names: parameters, hoisted constants and propagators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.numerics.evaluate import evaluate
from genprop.numerics.matrix import expm, expm_derivative

if TYPE_CHECKING:
    from genprop.lower.clocks.base import StepClock
    from genprop.lower.nodes import Expr
    from genprop.lower.program import PopulationProgram, Propagator

__all__ = ["numbers", "refractory_steps"]


def numbers(
    population: PopulationProgram, parameters: Mapping[str, np.ndarray], dt: float
) -> dict[str, np.ndarray]:
    """Every name that is fixed during a batch, as float64 of shape () or (n,).

    ``parameters`` are by flat name in base units; propagators are exp(A dt), evaluated numerically.
    """
    values = {p.local: np.asarray(parameters[p.name], np.float64) for p in population.parameters}
    for constant in population.constants:
        values[constant.name] = _shaped(
            evaluate(constant.value, values), constant.per_neuron, population
        )
    for propagator in population.propagators:
        values |= _propagated(propagator, values, dt, population.size)
    return values


def refractory_steps(
    population: PopulationProgram, values: Mapping[str, np.ndarray], clock: StepClock
) -> np.ndarray:
    """Steps of the refractory period, int64 of shape () or (n,); 0 where there is none."""
    if population.refractory is None:
        return np.zeros((), np.int64)
    return clock.refractory_steps(values[population.refractory.duration])


def _propagated(
    propagator: Propagator, values: Mapping[str, np.ndarray], dt: float, size: int
) -> dict[str, np.ndarray]:
    shape = (size,) if propagator.per_neuron else ()
    a = _stack(propagator.matrix, values, shape) * dt
    exponential = expm(a)
    found = {name: exponential[..., i, j] for i, j, name in propagator.entries}
    for derivative in propagator.derivatives:
        _, slope = expm_derivative(a, _stack(derivative.matrix, values, shape) * dt)
        found |= {name: slope[..., i, j] for i, j, name in derivative.entries}
    return found


def _stack(
    matrix: tuple[tuple[Expr, ...], ...], values: Mapping[str, np.ndarray], shape: tuple[int, ...]
) -> np.ndarray:
    rows = [[np.broadcast_to(evaluate(e, values), shape) for e in row] for row in matrix]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _shaped(value: np.ndarray, per_neuron: bool, population: PopulationProgram) -> np.ndarray:
    return np.broadcast_to(value, (population.size,) if per_neuron else ())
