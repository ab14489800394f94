"""Slopes of a loss on the time grid, whose spikes are rounded to steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.bounds import clipped
from genprop.runtime.differences import FIT_POINTS, Quotient, fitted_slope, worst_error
from genprop.runtime.report import NEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genprop.describe.spec import ParameterSpec
    from genprop.runtime.differences import Evaluation

__all__ = ["fitted_quotients"]

# Points of a fitted quotient are this far apart: relative to the largest entry of the parameter,
# and in steps for delays. Wide ones average jumps of the clock out, narrow ones keep spike counts.
_PROBES, _DELAYS = (1e-2, 2e-3, 2e-4), (8, 2, 32)


def fitted_quotients(
    evaluate: Evaluation,
    parameters: Mapping[str, np.ndarray],
    gradients: Mapping[str, np.ndarray],
    specs: Sequence[ParameterSpec],
    *,
    dt: float,
    per_parameter: int,
    seed: int,
) -> list[Quotient]:
    """Fitted slopes of at most ``per_parameter`` random components of each of ``specs``.

    Args:
        evaluate: the loss at some parameters, on the grid of ``dt``, and its spike counts.
        parameters: around which slopes are taken.
        gradients: where one agrees with a slope, no narrower ones are taken.
        specs: the parameters that learn.
        dt: the step of the grid [ms].
        per_parameter: how many components of each.
        seed: of their choice.
    """
    rng = np.random.default_rng(seed)
    found: list[Quotient] = []
    for spec in specs:
        name, array = spec.name, np.asarray(parameters[spec.name])
        size = max(float(np.abs(array).max()), 0.1)
        timed = spec.role in ("delay", "position")
        steps = [k * dt for k in _DELAYS] if timed else [k * size for k in _PROBES]
        for index in sorted(rng.permutation(array.size)[:per_parameter].tolist()):
            values: list[float] = []
            for step in steps:
                if not _inside(float(array.reshape(-1)[index]), step, spec):
                    continue
                slope = fitted_slope(evaluate, parameters, name, index, step)
                values += [] if slope is None else [slope]
                one = Quotient(name, index, tuple(values))
                if values and worst_error(gradients, [one])[0] < NEAR:
                    break
            found.append(Quotient(name, index, tuple(values)))
    return found


def _inside(value: float, step: float, spec: ParameterSpec) -> bool:
    """Whether all points of a fit lie within the bounds: beyond them there is no slope."""
    ends = np.array([value - FIT_POINTS * step, value + FIT_POINTS * step])
    return bool(np.array_equal(clipped(ends, spec), ends))
