"""Which states leak, and what their inputs add: the form that published LCA neurons have.

A state is one where its step is x′ = A x + Σ B_i I_i + r with constants. The chip steps it as ::

    x ← (x (2²⁴ − T)) >> 24  +  Σ arrived_i  +  r,      T = (1 − A) 2²⁴

B_i being part of the weights. A network that settles may take c (1 − A), c B and c r, 1/2 < c ≤ 1,
in their place: its fixed point is the same, and c lets the weights use all of their bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.lower.nodes import names_in
from genprop.numerics.evaluate import evaluate

if TYPE_CHECKING:
    from genprop.lower.graded_program import GradedPopulation
    from genprop.lower.nodes import Assign

__all__ = ["Leak", "leaks"]


@dataclass(frozen=True, slots=True, eq=False)
class Leak:
    """One such state: 1 − A, B by input, and r, each () or (n,)."""

    state: str
    lost: np.ndarray
    gain: Mapping[str, np.ndarray]
    rest: np.ndarray


def leaks(p: GradedPopulation, numbers: Mapping[str, np.ndarray]) -> Iterator[Leak]:
    """Every state of ``p`` that leaks and whose inputs nothing else reads."""
    moving = {*p.states, *p.inputs}
    for step in p.advance:
        state = step.target.removesuffix("_next")
        slopes = {s.by: s.value for s in p.of_states if s.of == state and s.by in moving}
        driven = set(slopes) - {state}
        if not driven <= set(p.inputs) or any(moving & {*names_in(s)} for s in slopes.values()):
            continue
        if any(driven & {*names_in(other.value)} for other in _others(p, step)):
            continue
        found = {by: np.asarray(evaluate(s, numbers), np.float64) for by, s in slopes.items()}
        at_rest = {**numbers, **{name: np.zeros(()) for name in moving}}
        rest = np.asarray(evaluate(step.value, at_rest), np.float64)
        lost = 1.0 - found.pop(state, np.zeros(()))
        yield Leak(state, lost, found, rest)


def _others(p: GradedPopulation, step: Assign) -> Iterator[Assign]:
    yield from (other for other in (*p.advance, *p.send) if other is not step)
