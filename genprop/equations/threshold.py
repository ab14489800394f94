"""Numbers at a threshold: the guard's value, where it is 0, and the point after the reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.text import CLOCK, CONSTANTS
from genprop.equations.syntax import ZERO, names_in, read, read_guard
from genprop.equations.values import value_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genprop.describe.spec import Equation, NeuronSpec
    from genprop.equations.syntax import Node

__all__ = [
    "after_reset",
    "at_start",
    "guard_of",
    "guard_states",
    "on_thresholds",
    "rising",
    "still_above",
]

Array = np.ndarray


def at_start() -> dict[str, Array]:
    """What every equation may read besides its own: the time, and constants."""
    return {name: np.asarray(x, np.float64) for name, x in {CLOCK: 0.0, **CONSTANTS}.items()}


def guard_of(spike: Equation, values: Mapping[str, Array]) -> Array:
    """G = left − right of a guard, which is above 0 where the neuron spikes."""
    left, right = read_guard(spike)
    return value_of(left, values) - value_of(right, values)


def still_above(spec: NeuronSpec, after: Mapping[str, Array]) -> Array:
    """Where the guard still holds at a point after the reset, but for rounding."""
    assert spec.spike is not None  # a neuron that spikes
    return guard_of(spec.spike, after) > -1e-9


def after_reset(spec: NeuronSpec, point: Mapping[str, Array]) -> dict[str, Array]:
    """The point x⁺ = h(x⁻), all right sides read before."""
    return {**point, **{e.target: value_of(read(e), point) for e in spec.reset}}


def on_thresholds(spec: NeuronSpec, values: Mapping[str, Array]) -> list[dict[str, Array]]:
    """A point with g = 0 for each condition of which one is enough; less where none is found.

    Args:
        spec: a neuron that spikes.
        values: of states, parameters and inputs: numbers, or one per neuron.
    """
    assert spec.spike is not None
    found: list[dict[str, Array]] = []
    for sides in _alternatives(read_guard(spec.spike)):
        reads = {name for side in sides for name in names_in(side)}
        point = _on(sides, [x for x in guard_states(spec) if x in reads], values, 0.0)
        if point is not None:
            found.append(point)
            continue
        for nudge in (0.1, -0.1):  # from where it is flat, as |v| is at 0
            point = _on(sides, [x for x in guard_states(spec) if x in reads], values, nudge)
            found += [] if point is None else [point]
    return found


def _alternatives(guard: tuple[Node, Node]) -> list[tuple[Node, Node]]:
    """The conditions of which one is enough, as pairs of sides."""
    left, right = guard
    if (left.text, right) != ("max", ZERO):
        return [guard]
    sides = [(side, ZERO) if side.kind == "call" else side.operands for side in left.operands]
    return [found for a, b in sides for found in _alternatives((a, b))]


def _on(
    sides: tuple[Node, Node], states: list[str], values: Mapping[str, Array], nudge: float
) -> dict[str, Array] | None:
    """By Newton's method along the first state that leads there."""

    def difference(point: Mapping[str, Array]) -> Array:
        return value_of(sides[0], point) - value_of(sides[1], point)

    for state in states:
        point = dict(values)
        point[state] = point[state] + nudge * (1.0 + np.abs(point[state]))
        for _ in range(50):
            x, g = point[state], difference(point)
            if (np.abs(g) < 1e-12 * (1.0 + np.abs(x))).all():
                return point
            step = 1e-3 * (1.0 + np.abs(x))
            above, below = (difference({**point, state: x + h}) for h in (step, -step))
            with np.errstate(all="ignore"):
                point[state] = x - g * 2.0 * step / (above - below)
            if not np.isfinite(point[state]).all():
                break
    return None


def rising(spec: NeuronSpec) -> bool:
    """Whether the reset leaves the guard as it is, so that each rise through 0 is one spike."""
    return not {e.target for e in spec.reset} & set(guard_states(spec))


def guard_states(spec: NeuronSpec) -> list[str]:
    """The states that the guard reads."""
    assert spec.spike is not None
    read_by_it = {name for side in read_guard(spec.spike) for name in names_in(side)}
    return [q.name for q in spec.states if q.name in read_by_it]
