"""Gauss–Legendre nodes, weights and integration matrix on [0, 1].

With ``NODES`` nodes, integrals over a piece (‖A‖ h ≤ 1) are exact to rounding; collocation at the
nodes solves a linear differential equation to order 2·NODES (Hairer, Nørsett and Wanner, *Solving
ordinary differential equations I*, section II.7).
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import legendre

__all__ = ["INTEGRAL", "NODES", "POINTS", "WEIGHTS", "nodes", "solve_linear"]

NODES = 12
_MANY = 6
"""Stretches from which on it is faster to solve them together."""


def _integration_matrix(nodes: np.ndarray) -> np.ndarray:
    """M with (M f)_i = ∫₀^{c_i} f for the interpolant of f at the nodes c (on [0, 1])."""
    to_coefficients = np.linalg.inv(legendre.legvander(nodes, len(nodes) - 1))
    columns = [legendre.legint(unit, lbnd=-1) for unit in np.eye(len(nodes))]
    integrals = np.stack([legendre.legval(nodes, c) for c in columns], axis=1)
    return 0.5 * integrals @ to_coefficients


_nodes, _weights = legendre.leggauss(NODES)
POINTS: np.ndarray = 0.5 * (_nodes + 1)
WEIGHTS: np.ndarray = 0.5 * _weights
INTEGRAL: np.ndarray = _integration_matrix(_nodes)


def nodes(begins: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gauss–Legendre times and weights of stretches, flat; weights are positive either way."""
    lengths = (ends - begins)[:, None]
    return (begins[:, None] + lengths * POINTS).ravel(), (np.abs(lengths) * WEIGHTS).ravel()


def solve_linear(
    matrix: np.ndarray, drive: np.ndarray, start: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Solve p' = B p + d from ``start`` over n stretches, one after another.

    Many are solved together, each for every start, since p at its nodes and end is affine in that.

    Args:
        matrix: B (S, S) [1/ms].
        drive: d (n, NODES, S) at the nodes of each stretch.
        start: p (S,) where the first begins.
        lengths: (n,) [ms].

    Returns:
        p at the nodes (n, NODES, S) and at the end of the last (S,).
    """
    if len(lengths) < _MANY:
        p, found = start, np.empty(drive.shape)
        for k, length in enumerate(lengths):
            found[k], p = _solve_one(matrix, drive[k], p, float(length))
        return found, p
    return _solve_many(matrix, drive, start, lengths)


def _solve_one(
    matrix: np.ndarray, drive: np.ndarray, start: np.ndarray, length: float
) -> tuple[np.ndarray, np.ndarray]:
    states = len(start)
    known = start + length * (INTEGRAL @ drive)
    nodes = np.linalg.solve(_system(matrix, length), known.ravel()).reshape(NODES, states)
    return nodes, start + length * (WEIGHTS @ (nodes @ matrix.T + drive))


def _solve_many(
    matrix: np.ndarray, drive: np.ndarray, start: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    count, states = len(lengths), len(start)
    size, each = NODES * states, lengths[:, None, None]
    known = np.empty((count, size, states + 1))
    known[:, :, :states] = np.tile(np.eye(states), (NODES, 1))
    known[:, :, states] = (each * (INTEGRAL @ drive)).reshape(count, size)
    found = np.linalg.solve(_system(matrix, each), known)
    found = found.reshape(count, NODES, states, states + 1)
    means = np.tensordot(WEIGHTS, found, (0, 1))
    carried = each * (matrix @ means)
    carried[:, :, states] += lengths[:, None] * np.tensordot(WEIGHTS, drive, (0, 1))
    starts = np.empty((count, states))
    p = start
    for k in range(count):
        starts[k] = p
        p = p + carried[k, :, :states] @ p + carried[k, :, states]
    return np.einsum("nisq,nq->nis", found[..., :states], starts) + found[..., states], p


def _system(matrix: np.ndarray, length: float | np.ndarray) -> np.ndarray:
    """1 − h M ⊗ B, of one length h or of each (n, 1, 1)."""
    size = NODES * len(matrix)
    coupled = INTEGRAL[:, None, :, None] * matrix[None, :, None, :]  # a tenth of np.kron's time
    return np.eye(size) - length * coupled.reshape(size, size)
