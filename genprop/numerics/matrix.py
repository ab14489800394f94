"""The matrix exponential and its derivative, for stacks of small matrices, in float64.

Scaling and squaring with the [13/13] Padé approximant: Higham 2005, *The scaling and squaring
method for the matrix exponential revisited*, SIAM J. Matrix Anal. Appl. 26(4), algorithm 2.3. The
derivative is read off a block matrix: Najfeld and Havel 1995, Adv. Appl. Math. 16, theorem 4.
"""

from __future__ import annotations

import numpy as np

__all__ = ["expm", "expm_derivative", "expm_integral"]

# Coefficients of the [13/13] Padé approximant and the norm up to which it is exact to 2⁻⁵³
# (Higham 2005, (2.3) and table 2.3).
_PADE = (
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
)
_RADIUS = 5.371920351148152


def expm(matrix: np.ndarray) -> np.ndarray:
    """exp(A) of each matrix of a stack, accurate to a few ulp of ‖exp(A)‖.

    Each matrix is scaled by its own power of two, so the result does not depend on its neighbours.

    Args:
        matrix: (..., n, n), finite.

    Returns:
        float64 (..., n, n).
    """
    a = np.asarray(matrix, dtype=np.float64)
    if a.shape[-1] == 0 or a.size == 0:
        return a.copy()
    norm = np.abs(a).sum(axis=-2).max(axis=-1)
    excess = np.maximum(norm / _RADIUS, 1.0)
    halvings = np.ceil(np.log2(excess)).astype(np.int64)
    scaled = a * np.exp2(-halvings.astype(np.float64))[..., None, None]
    result = _pade13(scaled)
    for done in range(int(halvings.max())):
        again = (halvings > done)[..., None, None]
        result = np.where(again, result @ result, result)
    return result


def expm_derivative(matrix: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """exp(A) and its Fréchet derivative L(A, E) = d/dε exp(A + ε E) at ε = 0.

    exp([[A, E], [0, A]]) = [[exp(A), L(A, E)], [0, exp(A)]].

    Args:
        matrix: A, (..., n, n).
        direction: E, broadcastable against A.

    Returns:
        exp(A) and L(A, E), both (..., n, n) of the broadcast shape.
    """
    a, e = np.broadcast_arrays(np.asarray(matrix, float), np.asarray(direction, float))
    n = a.shape[-1]
    # The derivative is linear in E: E is brought to the size of A, so that it costs no accuracy.
    size = np.abs(a).max(axis=(-1, -2), initial=0.0, keepdims=True)
    reach = np.abs(e).max(axis=(-1, -2), initial=0.0, keepdims=True)
    scale = np.where(
        reach > 0, np.where(size > 0, size, 1.0) / np.where(reach > 0, reach, 1.0), 1.0
    )
    block = np.zeros((*a.shape[:-2], 2 * n, 2 * n))
    block[..., :n, :n] = a
    block[..., n:, n:] = a
    block[..., :n, n:] = e * scale
    whole = expm(block)
    return whole[..., :n, :n].copy(), whole[..., :n, n:] / scale


def expm_integral(
    matrix: np.ndarray, duration: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """exp(A s) and ∫₀ˢ exp(A u) du: ẋ = A x + b gives x(s) = exp(A s) x + (∫₀ˢ exp(A u) du) b.

    exp([[A, 1], [0, 0]] s) = [[exp(A s), ∫₀ˢ exp(A u) du], [0, 1]]; A may be singular.

    Args:
        matrix: A, (..., n, n) [1/ms].
        duration: s, a number or broadcastable to the stack [ms].

    Returns:
        exp(A s) and ∫₀ˢ exp(A u) du [ms], both (..., n, n).
    """
    a = np.asarray(matrix, dtype=np.float64)
    s = np.asarray(duration, dtype=np.float64)[..., None, None]
    n = a.shape[-1]
    scaled = a * s
    block = np.zeros((*scaled.shape[:-2], 2 * n, 2 * n))
    block[..., :n, :n] = scaled
    block[..., :n, n:] = np.eye(n)
    whole = expm(block)
    return whole[..., :n, :n].copy(), whole[..., :n, n:] * s


def _pade13(a: np.ndarray) -> np.ndarray:
    """[13/13] Padé approximant of exp(A) for ‖A‖₁ ≤ 5.37 (Higham 2005, (2.10) and (2.11))."""
    one = np.eye(a.shape[-1])
    c = _PADE
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a4 @ a2
    odd = a6 @ (c[13] * a6 + c[11] * a4 + c[9] * a2)
    odd = a @ (odd + c[7] * a6 + c[5] * a4 + c[3] * a2 + c[1] * one)
    even = a6 @ (c[12] * a6 + c[10] * a4 + c[8] * a2)
    even = even + c[6] * a6 + c[4] * a4 + c[2] * a2 + c[0] * one
    return np.linalg.solve(even - odd, even + odd)
