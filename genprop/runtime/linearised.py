"""The step of a graded network as a matrix, and the steps of time that it allows.

It is taken where a sample settles, or far out, where all neurons are active. Far above every
threshold the step of a network is affine in its states x, with constants from inputs that are
bounded and from populations that are not affine there, as the norms of groups. Of the rest,
I = Wᵀ v with v = S_x x + S_I I gives

    x ← F_x x + F_I Wᵀ v,    v ← S_x x + S_I Wᵀ v      (x of after the step, v of the one before)

and the network settles where no eigenvalue of that matrix is beyond 1. Populations count together
where they drive each other in a circle. A population with one projection to itself alone, of
symmetric weights, falls into modes, one small matrix for each eigenvalue of the weights: for the
locally competitive algorithm dt ≤ 2 τ/λ_max(DᵀD), with momentum β dt ≤ 2 (1 + β) τ/λ_max.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.graded_trial import matrix
from genprop.numerics.graded import constants_of, slopes_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from genprop.describe.topology import Topology
    from genprop.lower.graded_program import (
        GradedPopulation,
        GradedProgram,
        GradedProjection,
        Slope,
    )

__all__ = ["Circle", "circles", "largest_step"]

Array = np.ndarray

_FAR = 1e6
"""A state and an input far above every threshold: there all neurons of a population are active."""
_BEYOND = 1 + 1e-6
"""An eigenvalue that is larger grows; those near 1 are known to fewer digits than others."""
_HALVINGS = 10
"""Where no step down to 1/2^10 of the present one is stable, no step is: the flow grows."""
_PRECISE = 1e-6


@dataclass(frozen=True)
class Circle:
    """Populations that drive each other, with the projections between them that do.

    ``at`` are the states and inputs (n,) where the step is linearised; None is far out.
    """

    populations: tuple[GradedPopulation, ...]
    projections: tuple[GradedProjection, ...]
    arrays: Mapping[str, np.ndarray]
    topology: Topology
    at: Mapping[tuple[str, str], Array] | None = None

    @property
    def names(self) -> str:
        """The populations, as an error calls them."""
        return " and ".join(repr(p.name) for p in self.populations)

    @property
    def size(self) -> int:
        """Rows of its matrix."""
        return sum(rows.stop - rows.start for rows in self._rows().values())

    @cached_property
    def modal(self) -> bool:
        """Whether it falls into modes: neurons that are alike, and symmetric weights."""
        if len(self.projections) != 1 or self.at is not None:
            return False
        weight = matrix(self.projections[0], self.arrays, self.topology)
        slopes = _slopes(self.populations[0], self.arrays, 1.0)
        alike = all(np.ptp(s) <= 1e-12 * np.abs(s).max() for s in slopes.values())
        return alike and np.allclose(weight, weight.T, rtol=1e-5, atol=1e-6)

    def largest_eigenvalue(self, dt: float) -> float:
        """The largest magnitude of an eigenvalue of the step, of those with a real part below 1.

        The others are of flows that grow, or stand still but for rounding, at every step.
        """
        steps = self._modes(dt) if self.modal else self._whole(dt)
        each = np.linalg.eigvals(steps).ravel()
        return float(np.abs(each[each.real < 1]).max(initial=0.0))

    @cached_property
    def _of_weights(self) -> Array:
        return np.linalg.eigvalsh(matrix(self.projections[0], self.arrays, self.topology))

    def _modes(self, dt: float) -> Array:
        """(neurons, n, n), a matrix of states and value for each eigenvalue of the weights."""
        (population,), (q,) = self.populations, self.projections
        slopes = _slopes(population, self.arrays, dt)
        one = {key: s.flat[0] for key, s in slopes.items()}
        states, value = population.states, q.value
        own = np.array([[one.get((x, y), 0.0) for y in states] for x in states])
        driven = np.array([one.get((x, q.input), 0.0) for x in states])
        sent = np.array([one.get((value, y), 0.0) for y in states])
        through = one.get((value, q.input), 0.0)
        each = self._of_weights[:, None]
        n = len(states)
        step = np.zeros((len(each), n + 1, n + 1))
        step[:, :n, :n] = own
        step[:, :n, n] = each * driven
        step[:, n, :n] = sent @ own
        step[:, n, n] = each[:, 0] * (sent @ driven + through)
        return step

    def _whole(self, dt: float) -> Array:
        """The matrix of all states, and of the values that are sent here."""
        rows, before = self._rows(), np.eye(self.size)
        after = np.zeros_like(before)
        for p in self.populations:
            slopes = self._slopes(p, dt)
            arriving = [
                (q, matrix(q, self.arrays, self.topology))
                for q in self.projections
                if q.post == p.name
            ]
            for of in (name for name in (*p.states, *p.values) if (p.name, name) in rows):
                at, read = rows[p.name, of], before if of in p.states else after
                for y in p.states:
                    if (of, y) in slopes:
                        after[at] += slopes[of, y][:, None] * read[rows[p.name, y]]
                for q, weight in arriving:
                    if (of, q.input) in slopes:
                        driven = slopes[of, q.input][:, None] * weight.T
                        after[at, rows[q.pre, q.value]] += driven
        return after

    def _slopes(self, p: GradedPopulation, dt: float) -> dict[tuple[str, str], Array]:
        if self.at is None:
            return _slopes(p, self.arrays, dt)
        numbers = constants_of(p, self.arrays, dt)
        numbers |= {x: self.at[p.name, x] for x in (*p.states, *p.inputs)}
        by = {*p.states, *p.inputs}
        wanted = tuple(s for s in (*p.of_states, *p.of_values) if s.by in by)
        return {key: np.broadcast_to(s, p.size) for key, s in slopes_at(wanted, numbers).items()}

    def _rows(self) -> dict[tuple[str, str], slice]:
        sent = {(q.pre, q.value) for q in self.projections}
        rows: dict[tuple[str, str], slice] = {}
        first = 0
        for p in self.populations:
            for x in (*p.states, *(v for v in p.values if (p.name, v) in sent)):
                rows[p.name, x] = slice(first, first := first + p.size)
        return rows


def largest_step(circle: Circle, dt: float) -> float:
    """The largest step [ms] up to ``dt`` at which nothing grows.

    ``dt`` itself where nothing does, and infinite where that is so of no step: of networks whose
    flow grows where all neurons are active this says nothing.
    """
    if circle.largest_eigenvalue(dt) <= _BEYOND:
        return dt
    shorter = (dt / 2**k for k in range(1, _HALVINGS + 1))
    legal = next((s for s in shorter if circle.largest_eigenvalue(s) <= _BEYOND), None)
    if legal is None:
        return np.inf
    beyond = 2 * legal
    while beyond - legal > _PRECISE * legal:
        middle = (legal + beyond) / 2
        if circle.largest_eigenvalue(middle) <= _BEYOND:
            legal = middle
        else:
            beyond = middle
    return legal


def circles(
    program: GradedProgram, arrays: Mapping[str, np.ndarray], topology: Topology
) -> Iterator[Circle]:
    """All groups of populations that drive each other, of those that are affine far out."""
    cells = [p for p in program.populations if not p.source]
    sent = {p.name: _affine(p, arrays, program.dt) for p in cells}
    those = [p for p in cells if sent[p.name]]
    joined = [
        q
        for q in program.projections
        if q.value in sent.get(q.pre, ()) and sent.get(q.post) and _unbounded(q, program)
    ]
    index = {p.name: k for k, p in enumerate(those)}
    reached = np.zeros((len(those), len(those)), bool)
    for q in joined:
        reached[index[q.pre], index[q.post]] = True
    for k in range(len(those)):
        reached |= reached[:, [k]] & reached[[k], :]
    seen: set[int] = set()
    for k in range(len(those)):
        if not reached[k, k] or k in seen:
            continue
        together = [j for j in range(len(those)) if reached[k, j] and reached[j, k]]
        seen.update(together)
        names = {those[j].name for j in together}
        own = tuple(q for q in joined if q.pre in names and q.post in names)
        yield Circle(tuple(those[j] for j in together), own, arrays, topology)


def _unbounded(q: GradedProjection, program: GradedProgram) -> bool:
    post = program.population(q.post)
    return dict(zip(post.inputs, post.input_bounds, strict=True))[q.input] is None


def _affine(p: GradedPopulation, arrays: Mapping[str, np.ndarray], dt: float) -> tuple[str, ...]:
    """The values whose slopes do not change far out; none where those of states do."""
    near, far = (_slopes(p, arrays, dt, at) for at in (_FAR, 2 * _FAR))
    changed = {of for (of, by), s in near.items() if not np.allclose(s, far[of, by], rtol=1e-9)}
    if changed & set(p.states):
        return ()
    return tuple(v for v in p.values if v not in changed)


def _slopes(
    p: GradedPopulation, arrays: Mapping[str, np.ndarray], dt: float, far: float = _FAR
) -> dict[tuple[str, str], Array]:
    """By (of, by), a number per neuron, those by states and inputs without bound."""
    bounds = dict(zip(p.inputs, p.input_bounds, strict=True))
    at = constants_of(p, arrays, dt)
    at |= {x: np.asarray(far) for x in p.states}
    at |= {i: np.asarray(far if b is None else b) for i, b in bounds.items()}
    by = {*p.states, *(i for i, b in bounds.items() if b is None)}
    wanted: tuple[Slope, ...] = tuple(s for s in (*p.of_states, *p.of_values) if s.by in by)
    return {key: np.broadcast_to(s, p.size) for key, s in slopes_at(wanted, at).items()}
