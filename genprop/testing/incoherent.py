"""Dictionaries of incoherent groups, and what the stability theorem says of their codes.

Of x = DΓ + E with ‖E‖ ≤ ε, groups of orthonormal atoms, μ_B = max_{j≠k} ‖D_jᵀD_k‖ and s active
groups, s < (1 + 1/μ_B)/3: with γ = 4ε group basis pursuit has one minimiser, without a group that
is not active, ‖Γ̂_G − Γ_G‖ < 7.5 ε for every group, and every group above 7.5 ε is found.

Sources: arXiv:2205.08955 (theorem); Tropp et al. (2005), doi:10.1109/TIT.2004.839492 (projections).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genprop.errors import ConfigurationError

if TYPE_CHECKING:
    from genprop.describe.groups import Groups

__all__ = ["ERROR", "THRESHOLD", "block_coherence", "incoherent_dictionary", "most_groups"]

Array = npt.NDArray[np.float64]

THRESHOLD, ERROR = 4.0, 7.5
"""γ/ε of the theorem, and the bound on a group's error in units of ε."""


def block_coherence(dictionary: Array, groups: Groups) -> float:
    """μ_B, the largest spectral norm of D_jᵀD_k over two different groups."""
    blocks = [dictionary[:, groups.of == k] for k in range(groups.count)]
    return max(float(np.linalg.norm(a.T @ b, 2)) for k, a in enumerate(blocks) for b in blocks[:k])


def most_groups(coherence: float) -> int:
    """The largest s < (1 + 1/μ_B)/3: so many groups may be active."""
    return int(np.ceil((1 + 1 / coherence) / 3)) - 1


def incoherent_dictionary(
    dim: int,
    count: int,
    size: int,
    target: float,
    *,
    iterations: int = 200,
    seed: int | np.random.Generator = 0,
) -> Array:
    """D (dim, count · size), of groups of orthonormal atoms whose coherence is as low as it gets.

    Alternating projections of the Gram matrix: the singular values of its blocks off the diagonal
    are cut at ``target``, then it becomes that of a tight frame of rank ``dim``; at last the atoms
    of each group are made orthonormal again.

    Args:
        dim: of samples.
        count: of groups.
        size: of each group.
        target: what the blocks' singular values are cut at; below what can be reached.
        iterations: how often.
        seed: of the first dictionary.

    Raises:
        ConfigurationError: for fewer atoms than dimensions, which no frame has.
    """
    atoms = count * size
    if atoms < dim or size > dim:
        raise ConfigurationError(
            f"{atoms} atoms in groups of {size} make no frame of {dim} dimensions",
            where="incoherent_dictionary(…)",
            remedy="give at least as many atoms as dimensions, in groups that fit",
        )
    found = _orthonormal(np.random.default_rng(seed).normal(size=(dim, atoms)), size)
    own = np.arange(count)
    for _ in range(iterations):
        blocks = (found.T @ found).reshape(count, size, count, size).transpose(0, 2, 1, 3)
        u, s, vt = np.linalg.svd(blocks)
        cut = (u * np.minimum(s, target)[..., None, :]) @ vt
        cut[own, own] = np.eye(size)
        gram = cut.transpose(0, 2, 1, 3).reshape(atoms, atoms)
        vectors = np.linalg.eigh((gram + gram.T) / 2)[1][:, -dim:]
        found = _orthonormal(np.sqrt(atoms / dim) * vectors.T, size)
    return found


def _orthonormal(dictionary: Array, size: int) -> Array:
    """The nearest dictionary whose groups of neighbours are orthonormal."""
    dim, atoms = dictionary.shape
    blocks = dictionary.reshape(dim, atoms // size, size).transpose(1, 0, 2)
    u, _, vt = np.linalg.svd(blocks, full_matrices=False)
    return (u @ vt).transpose(1, 0, 2).reshape(dim, atoms)
