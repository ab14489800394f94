"""How far an input may move before a decision can change: two bounds.

With fewer atoms than pixels DᵀD has a smallest eigenvalue σ² > 0, and from the conditions of a
minimum, for every convex penalty,

    ‖D(a − a′)‖² ≤ (x − x′)ᵀ D(a − a′),  so  ‖D(a − a′)‖ ≤ ‖x − x′‖,  ‖a − a′‖ ≤ ‖x − x′‖/σ

A linear score wᵀa moves by at most ‖(D⁺)ᵀw‖ ‖x − x′‖, one of the pooled code by ‖w‖ ‖x − x′‖/σ.
The other bound is that of the stability theorem (arXiv:2205.08955), which is of few active groups
of an incoherent dictionary and of noise up to γ/4.
"""

from __future__ import annotations

import numpy as np
from network import CLASSES, GROUPS

import genprop as gp
from genprop.testing.incoherent import ERROR, THRESHOLD, block_coherence, most_groups

Array = np.ndarray


def strongly_convex(
    dictionary: Array, read: Array, scores: Array, labels: Array, pooled: bool
) -> Array:
    """(samples,) the radius [of x]; 0 where a sample is classified wrong."""
    spread = np.linalg.pinv(dictionary).T  # (784, 256)
    smallest = np.linalg.svd(dictionary, compute_uv=False)[-1]
    margins, pairs = _pairs(read, scores, labels)
    reach = np.array(
        [
            [np.linalg.norm(w) / smallest if pooled else np.linalg.norm(spread @ w) for w in own]
            for own in pairs
        ]
    )
    return _least(margins, reach[labels], labels)


def theorem(
    dictionary: Array, read: Array, code: Array, scores: Array, labels: Array, gamma: float,
    grouped: bool, pooled: bool,
) -> tuple[Array, Array]:  # fmt: skip
    """(samples,) margin/(7.5 Σ_active ‖w_k‖), at most γ/4, and where its premises hold."""
    groups = GROUPS if grouped else gp.groups(code.shape[1], 1)
    norms = np.sqrt((code**2) @ np.eye(groups.count)[groups.of])
    gram = np.abs(dictionary.T @ dictionary)
    coherence = (
        block_coherence(dictionary, groups) if grouped else (gram - np.diag(np.diag(gram))).max()
    )
    active = norms > 1e-4
    margins, pairs = _pairs(read, scores, labels)
    if not pooled:
        pairs = np.sqrt((pairs**2) @ np.eye(groups.count)[groups.of])
    reach = np.einsum("sk,sjk->sj", active, np.abs(pairs)[labels])
    radius = _least(margins, ERROR * reach, labels)
    premises = active.sum(axis=1) <= most_groups(float(coherence))
    return np.minimum(radius, gamma / THRESHOLD), premises


def _pairs(read: Array, scores: Array, labels: Array) -> tuple[Array, Array]:
    """Margins (samples, classes), and w_c − w_j (classes, classes, features)."""
    margins = scores[np.arange(len(labels)), labels][:, None] - scores
    return margins, read.T[:, None, :] - read.T[None, :, :]


def _least(margins: Array, reach: Array, labels: Array) -> Array:
    others = np.arange(CLASSES)[None, :] != labels[:, None]
    ratio = np.where(others, margins / np.maximum(reach, 1e-12), np.inf)
    return np.maximum(ratio.min(axis=1), 0.0)
