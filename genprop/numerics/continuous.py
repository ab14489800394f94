"""A population in continuous time, in numbers: its flow, and what an arrival does to its step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import UnsupportedError
from genprop.lower.continuous import FinalValue, HighestValue
from genprop.numerics.evaluate import evaluate
from genprop.numerics.matrix import expm

if TYPE_CHECKING:
    from genprop.lower.continuous import Row
    from genprop.lower.nodes import Expr
    from genprop.lower.program import PopulationProgram

__all__ = [
    "PATH_DEGREE",
    "FreeFlow",
    "Reaction",
    "Stretches",
    "free_flow",
    "refuse_many_pieces",
    "stretches",
]

PATH_DEGREE = 12
"""Of the polynomials of paths: enough where the norm of the flow times dt is at most 1."""

_NODES = 33
"""Points of a step at which propagators are taken, to be bounded and interpolated."""
_SLACK = 0.02
"""By how much bounds between these points are widened, relative to what they bound."""


def refuse_many_pieces(population: str, norm: float, duration: float, most: float) -> None:
    """Refuse a flow whose motion falls into more than ``most`` pieces of norm 1 in a sample.

    Raises:
        UnsupportedError: for ``norm`` times ``duration`` beyond it, as for a rate of 1e300.
    """
    if not norm * duration <= most:
        raise UnsupportedError(
            f"the flow has rates of up to {norm:.3g} per ms, so that a sample of {duration:g} ms "
            f"falls into {norm * duration:.3g} pieces; at most {most:g} are computed",
            where=f"population {population}",
            remedy="slower time constants and smaller factors, or clock='grid', which steps by dt",
        )


@dataclass(frozen=True, slots=True)
class Reaction:
    """What an arrival of weight 1 does at a receptor; the first axis is one set or one per neuron.

    ``jump`` (sets, S) is added to z at its time. (1 + x)/2 of a step later that has become Σ_k
    ``coefficients`` (sets, K + 1, S) x^k. ``grows`` says that what it does to the bounded row only
    grows within a step, so that the end of the step bounds it; else ``excess`` (sets, 2) does: by
    how much an arrival, or its opposite, can lift that row. ``origin`` (sets, PATH_DEGREE + 1, S)
    are likewise those of what would have had to be added at the start of the step instead.
    """

    jump: np.ndarray
    coefficients: np.ndarray
    grows: bool
    excess: np.ndarray
    origin: np.ndarray


@dataclass(frozen=True, slots=True)
class FreeFlow:
    """What carries S components between events; see :class:`Stretches` for the arrays."""

    flow: np.ndarray
    norm: np.ndarray
    start: np.ndarray


@dataclass(frozen=True, slots=True)
class Stretches:
    """The numbers of :class:`~genprop.lower.continuous.Continuous`; S components, float64.

    ``flow`` and ``held`` (sets, S, S + 1) are A with b as the last column, ``norm`` (sets,) bounds
    A [1/ms]; ``step`` is exp(A dt) with what b adds. ``start`` (sets, S) is z at the beginning;
    ``guard`` and ``rows`` (by loss) are (sets, S + 1). Over a step without arrivals the bounded row
    is at most the larger of its ends plus Σ max(``low`` z, ``high`` z) + the last of ``high``
    (sets, S + 1), where that is positive: dt²/8 times the largest curvature. ``bounded`` is that
    row. The guard (1 - x)/2 of a step after z and 1 is the row Σ_k ``guard_path``
    (sets, PATH_DEGREE + 1, S + 1) x^k of them, and its curvature [1/ms²] is at most ``curvature``
    (sets, S + 1) times their magnitudes.
    """

    each: bool
    flow: np.ndarray
    held: np.ndarray
    norm: np.ndarray
    step: np.ndarray
    start: np.ndarray
    guard: np.ndarray
    rows: Mapping[str, np.ndarray]
    bounded: np.ndarray
    low: np.ndarray
    high: np.ndarray
    guard_path: np.ndarray
    curvature: np.ndarray
    reactions: Mapping[str, Reaction]


def free_flow(p: PopulationProgram, parameters: Mapping[str, np.ndarray]) -> FreeFlow:
    """What a population or a sender's side does between events; parameters by flat name."""
    parts = p.continuous
    assert parts is not None  # as of every sender, and every population on the exact clock
    table = _table(p, parameters)
    flow, start = table.rows(parts.flow), [a.value for a in p.initial]
    zero = np.zeros((table.sets, len(parts.states) - len(start)))
    return FreeFlow(
        flow=flow,
        norm=np.abs(flow[:, :, :-1]).sum(axis=-1).max(axis=-1, initial=0.0),
        start=np.concatenate([table.row(start), zero], axis=1),
    )


def stretches(
    p: PopulationProgram,
    parameters: Mapping[str, np.ndarray],
    dt: float,
    bounded: str | None,
    tolerance: float,
) -> Stretches:
    """The numbers of a population.

    Args:
        p: on the exact clock.
        parameters: by flat name.
        dt: [ms].
        bounded: the loss whose row must be bounded within steps; "" for the guard, None for none.
        tolerance: of polynomials, relative.
    """
    parts = p.continuous
    assert parts is not None  # as of every population on the exact clock
    table, free = _table(p, parameters), free_flow(p, parameters)
    flow = free.flow
    propagated = _propagators(flow, dt)
    rows = {
        v.loss: table.rows((v.row,))[:, 0]
        for v in parts.views
        if isinstance(v, FinalValue | HighestValue)
    }
    guard = table.rows((parts.guard,))[:, 0] if parts.guard else np.zeros((table.sets, 0))
    bounded_by = None if bounded is None else guard if bounded == "" else rows[bounded]
    low, high = _curvature(bounded_by, flow, propagated, dt)
    path, curvature = _guard_path(guard, flow, propagated)
    back = _propagators(flow, -dt)[:-1]
    return Stretches(
        each=any(q.per_neuron for q in p.parameters),
        flow=flow,
        held=table.rows(parts.held_flow) if parts.held_flow else np.zeros((table.sets, 0, 0)),
        norm=free.norm,
        step=propagated[-1][:, :-1],
        start=free.start,
        guard=guard,
        rows=rows,
        bounded=np.zeros_like(low) if bounded_by is None else bounded_by,
        low=low,
        high=high,
        guard_path=path,
        curvature=curvature,
        reactions={
            name: _reaction(table.row(e), propagated, back, bounded_by, tolerance)
            for name, e in parts.arrivals
        },
    )


def _table(p: PopulationProgram, parameters: Mapping[str, np.ndarray]) -> _Table:
    values = {q.local: np.asarray(parameters[q.name], np.float64) for q in p.parameters}
    return _Table(values, p.size if any(q.per_neuron for q in p.parameters) else 1)


@dataclass(frozen=True, slots=True)
class _Table:
    values: Mapping[str, np.ndarray]
    sets: int

    def row(self, row: Row | list[Expr]) -> np.ndarray:
        found = [np.broadcast_to(evaluate(e, self.values), (self.sets,)) for e in row]
        return np.stack(found, axis=-1) if found else np.zeros((self.sets, 0))

    def rows(self, rows: tuple[Row, ...]) -> np.ndarray:
        return np.stack([self.row(r) for r in rows], axis=-2)


def _propagators(flow: np.ndarray, dt: float) -> np.ndarray:
    """exp([A b; 0 0] r) at Chebyshev's points r = (1 + x) dt/2 and at dt: (nodes + 1, sets, …)."""
    sets, size, _ = flow.shape
    whole = np.zeros((sets, size + 1, size + 1))
    whole[:, :size] = flow
    points = np.append((1 + _points()) * dt / 2, dt)
    return expm(whole * points[:, None, None, None])


def _points() -> np.ndarray:
    return np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)


def _curvature(
    row: np.ndarray | None, flow: np.ndarray, propagated: np.ndarray, dt: float
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the coefficients of −dt²/8 d²/dr² row·z(t + r), 0 ≤ r ≤ dt."""
    sets, size = propagated.shape[1], propagated.shape[2]
    if row is None:
        return np.zeros((sets, size)), np.zeros((sets, size))
    found = _second_derivative(row, flow, propagated) * -(dt**2) / 8
    low, high = found.min(axis=0), found.max(axis=0)
    slack = _SLACK * (high - low)
    high[:, -1] += 1e-5 * np.abs(row).max(axis=-1)  # more than rounding
    return low - slack, high + slack


def _second_derivative(row: np.ndarray, flow: np.ndarray, propagated: np.ndarray) -> np.ndarray:
    """The rows d²/dr² row·exp([A b; 0 0] r) at the points of ``propagated``, and at r = 0 last."""
    whole = np.zeros((len(flow), flow.shape[-1], flow.shape[-1]))
    whole[:, :-1] = flow
    second = np.einsum("sr,src->sc", row, whole @ whole)
    return np.concatenate([np.einsum("sr,nsrc->nsc", second, propagated), second[None]])


def _guard_path(
    guard: np.ndarray, flow: np.ndarray, propagated: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    if not guard.size:
        sets = len(flow)
        return np.zeros((sets, PATH_DEGREE + 1, 0)), np.zeros((sets, 0))
    later = np.einsum("sr,nsrc->nsc", guard, propagated)
    bound = np.abs(_second_derivative(guard, flow, propagated)).max(axis=0) * (1 + _SLACK)
    return _powers(_series(later[-2::-1])[: PATH_DEGREE + 1]), bound


def _reaction(
    jump: np.ndarray,
    propagated: np.ndarray,
    back: np.ndarray,
    bounded_by: np.ndarray | None,
    tolerance: float,
) -> Reaction:
    after = np.einsum("nsrc,sc->nsr", propagated[:, :, :-1, :-1], jump)
    excess, grows = np.zeros((len(jump), 2)), False
    if bounded_by is not None:
        in_order = np.concatenate([jump[None], after[-2::-1], after[-1:]])  # r = 0 … dt
        lifted = np.einsum("sr,nsr->ns", bounded_by[:, :-1], in_order)
        away = np.diff(np.abs(lifted), axis=0) >= 0
        grows = bool(np.all(away) and np.all(lifted * lifted[-1] >= 0))
        most, least = lifted.max(axis=0), lifted.min(axis=0)
        slack = _SLACK * (most - least)
        excess = np.maximum(np.stack([most + slack, slack - least], axis=-1), 0.0)
    origin = np.einsum("nsrc,sc->nsr", back[::-1, :, :-1, :-1], jump)
    return Reaction(
        jump=jump,
        coefficients=_polynomial(after[:-1], tolerance),
        grows=grows,
        excess=excess,
        origin=_powers(_series(origin)[: PATH_DEGREE + 1]),
    )


def _polynomial(values: np.ndarray, tolerance: float) -> np.ndarray:
    """Coefficients of powers of x through values at Chebyshev's points, as few as will do."""
    series = _series(values)
    largest = np.abs(values).max(axis=(0, 1), initial=0.0)
    largest = np.where(largest > 0, largest, 1.0)
    left = np.cumsum((np.abs(series) / largest)[::-1], axis=0)[::-1].max(axis=(1, 2))
    needed = int(np.flatnonzero(left > tolerance)[-1]) if np.any(left > tolerance) else 0
    return _powers(series[: needed + 1])


def _series(values: np.ndarray) -> np.ndarray:
    """Coefficients of Chebyshev's polynomials, (nodes, sets, …) as the values at their points."""
    degrees = np.arange(_NODES)
    basis = np.cos(np.outer(degrees, np.pi * (degrees + 0.5) / _NODES))
    series = np.einsum("kn,nsr->ksr", basis, values) * (2.0 / _NODES)
    series[0] /= 2
    return series


def _powers(series: np.ndarray) -> np.ndarray:
    """From (K + 1, sets, …) of Chebyshev's polynomials to (sets, K + 1, …) of powers of x."""
    return np.einsum("kp,ksr->spr", _in_powers(len(series)), series)


def _in_powers(count: int) -> np.ndarray:
    """Row k holds the coefficients of Chebyshev's T_k."""
    rows = np.eye(count)  # T_0 = 1 and T_1 = x
    for k in range(2, count):
        rows[k] = -rows[k - 2]
        rows[k, 1:] += 2 * rows[k - 1, :-1]
    return rows
