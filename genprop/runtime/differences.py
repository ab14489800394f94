"""Difference quotients of a loss, the measure of every gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = [
    "FIT_POINTS",
    "Evaluation",
    "Quotient",
    "fitted_slope",
    "five_point",
    "quotients",
    "worst_error",
]

FIT_POINTS = 8
"""How many steps to either side the slope is fitted to."""

_ROUNDINGS = 4
"""Roundings of a loss by which a quotient of five points may be off: 18/12 of each of four."""

Parameters = Mapping[str, np.ndarray]

Evaluation = Callable[[Parameters], tuple[float, tuple[int, ...]]]
"""The loss at some parameters, and the spike counts that go with it."""


@dataclass(frozen=True, slots=True)
class Quotient:
    """The quotients of one component; those over a change of spike counts are left out.

    ``rounding`` is by how much the quotients of a loss that does not depend on the component may
    be off zero, because the loss is a rounded number.
    """

    name: str
    index: int
    values: tuple[float, ...]
    rounding: float = 0.0


def five_point(
    evaluate: Evaluation, parameters: Parameters, name: str, index: int, step: float
) -> float | None:
    """(f(−2h) − 8f(−h) + 8f(h) − f(2h)) / 12h along one component; None if spike counts change."""
    losses: list[float] = []
    counts: set[tuple[int, ...]] = set()
    for k in (-2, -1, 1, 2):
        moved = {n: np.array(x, dtype=np.float64) for n, x in parameters.items()}
        moved[name].reshape(-1)[index] += k * step
        loss, found = evaluate(moved)
        losses.append(loss)
        counts.add(found)
    if len(counts) > 1:
        return None
    return (losses[0] - 8 * losses[1] + 8 * losses[2] - losses[3]) / (12 * step)


def quotients(
    evaluate: Evaluation,
    parameters: Parameters,
    gradients: Parameters,
    names: Sequence[str],
    *,
    per_parameter: int,
    step: float = 3e-5,
    tolerance: float = 1e-7,
    seed: int = 0,
) -> list[Quotient]:
    """Quotients of at most ``per_parameter`` random components of each named parameter.

    The step is ``step`` times the size of the component where that is above 1. Where the quotient
    disagrees with ``gradients`` or spike counts change, a tenth of the step is tried as well: near
    a graze the smaller one tells.
    """
    rng, (loss, _) = np.random.default_rng(seed), evaluate(parameters)
    found: list[Quotient] = []
    for name in names:
        flat = np.asarray(parameters[name], dtype=np.float64).reshape(-1)
        for index in sorted(rng.permutation(flat.size)[:per_parameter].tolist()):
            h = step * max(1.0, abs(float(flat[index])))
            values: list[float] = []
            rounding = _ROUNDINGS * np.finfo(np.float64).eps * max(1.0, abs(loss)) / (h / 10)
            for size in (h, h / 10):
                value = five_point(evaluate, parameters, name, index, size)
                values += [] if value is None else [value]
                one = Quotient(name, index, tuple(values), rounding)
                if values and worst_error(gradients, [one])[0] <= tolerance:
                    break
            found.append(Quotient(name, index, tuple(values), rounding))
    return found


def worst_error(
    gradients: Parameters, found: Sequence[Quotient]
) -> tuple[float, dict[str, float], int]:
    """How far a gradient is from its quotients, relative to the largest entry of each parameter.

    Returns:
        The worst error, the worst per parameter, and how many components could not be compared.
    """
    errors: dict[str, float] = {}
    skipped = 0
    for q in found:
        flat = np.asarray(gradients[q.name], dtype=np.float64).reshape(-1)
        scale = max(float(np.abs(flat).max()), 1e-6)
        if not q.values:
            skipped += 1
            continue
        error = min(abs(value - float(flat[q.index])) for value in q.values)
        if not flat.any() and error <= q.rounding:
            error = 0.0  # zero everywhere, as far as quotients can tell
        errors[q.name] = max(errors.get(q.name, 0.0), error / scale)
    return max(errors.values(), default=0.0), errors, skipped


def fitted_slope(
    evaluate: Evaluation,
    parameters: Parameters,
    name: str,
    index: int,
    step: float,
    points: int = FIT_POINTS,
) -> float | None:
    """The slope at 0 of the odd cubic through [L(kh) − L(−kh)]/2, k = 1 … ``points``, h = ``step``.

    On a clock a loss moves in small jumps, as spikes change step. Where |kh| moves spikes by many
    steps the jumps average out. None if spike counts change anywhere.
    """
    halves: list[float] = []
    counts: set[tuple[int, ...]] = set()
    for k in range(1, points + 1):
        losses: list[float] = []
        for sign in (1, -1):
            moved = {n: np.array(x, dtype=np.float64) for n, x in parameters.items()}
            moved[name].reshape(-1)[index] += sign * k * step
            loss, found = evaluate(moved)
            losses.append(loss)
            counts.add(found)
        halves.append((losses[0] - losses[1]) / 2)
    if len(counts) > 1:
        return None
    reach = np.arange(1, points + 1) * step
    scale = points * step
    basis = np.stack([reach / scale, (reach / scale) ** 3], axis=1)
    return float(np.linalg.lstsq(basis, np.array(halves), rcond=None)[0][0]) / scale
