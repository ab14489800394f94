"""Sparse coding problems made from their solution, so that what a law asks of them is known.

Codes a and residuals r = x − Da are drawn first, with the conditions of a minimum:

    of an active group  D_Gᵀ r = γ a_G/‖a_G‖,    of all others  ‖D_Gᵀ r‖ = ‖c_G‖ ≤ (1 − margin) γ

(groups of one atom are the LASSO's). With P residuals along orthonormal q_p, of length ϱ = γ √(2P),
the dictionary has the columns d_i = Σ_p q_p c_ip/ϱ + w_i √(1 − ‖c_i‖²/ϱ²), w_i of unit length and
orthogonal to all q: two orthonormal sets, of which the active atoms of a sample are in one. Then
λ_min(D_SᵀD_S) ≥ 1 − max ‖c_i‖²/ϱ² ≥ ½ for every active set S: codes are unique, they settle at a
known rate, and an active set changes only where a state moves by more than margin·γ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from genprop.testing.basis_pursuit import Array

PATTERNS = 4  # residuals, and with them active sets, in a batch; samples beyond share them
MARGIN = 0.2
ACTIVE = 0.3, 1.5  # norms of active groups
SILENT = 0.3  # ‖c_G‖/γ of silent groups is at least that: a group's neuron nears 0 ever slower


@dataclass(frozen=True)
class Solved:
    """D (dim, atoms) of unit columns, x (batch, dim), and the codes (batch, atoms) of x."""

    dictionary: Array
    x: Array
    code: Array


def solved(rng: np.random.Generator, batch: int, dim: int, of: np.ndarray, gamma: float) -> Solved:
    """A problem whose groups are ``of`` (atoms,): the first half of them is one orthonormal set."""
    patterns = min(batch, PATTERNS)
    count, half = int(of.max()) + 1, (int(of.max()) + 1) // 2
    length = gamma * np.sqrt(2 * patterns)
    basis = _orthonormal(rng, dim)
    residuals, rest = basis[:, :patterns], basis[:, patterns:]
    active = [_active(rng, count, half) for _ in range(patterns)]
    c = np.stack([_correlations(rng, of, gamma, chosen) for chosen in active], axis=1)
    w = np.zeros((dim, len(of)))
    for own in (of < half, of >= half):
        w[:, own] = rest @ _orthonormal(rng, dim - patterns)[:, : own.sum()]
    lost = (c**2).sum(axis=1) / length**2
    dictionary = residuals @ c.T / length + w * np.sqrt(1 - lost)
    code = np.zeros((batch, len(of)))
    for k in range(batch):
        p = k % patterns
        for g in active[p]:
            code[k, of == g] = rng.uniform(*ACTIVE) * c[of == g, p] / gamma
    x = code @ dictionary.T + length * residuals[:, np.arange(batch) % patterns].T
    return Solved(dictionary, x, code)


def _orthonormal(rng: np.random.Generator, n: int) -> Array:
    return np.linalg.qr(rng.normal(size=(n, n)))[0]


def _active(rng: np.random.Generator, count: int, half: int) -> np.ndarray:
    """Some groups of one of the two halves."""
    first = bool(rng.integers(2))
    among = np.arange(half) if first else np.arange(half, count)
    return rng.choice(among, size=rng.integers(1, len(among) // 2 + 1), replace=False)


def _correlations(
    rng: np.random.Generator, of: np.ndarray, gamma: float, active: np.ndarray
) -> Array:
    """Dᵀr of every atom."""
    found = rng.normal(size=len(of))
    for g in range(int(of.max()) + 1):
        size = 1.0 if g in active else rng.uniform(SILENT, 1 - MARGIN)
        found[of == g] *= gamma * size / np.linalg.norm(found[of == g])
    return found
