"""Sparse codes by proximal gradients in numpy: what networks that compute them are held against.

    min_Γ  ½‖x − DΓ‖² + Σ_k γ_k (β ‖Γ_{G_k}‖₁ + (1 − β) ‖Γ_{G_k}‖₂),    Γ ≥ 0 where wanted

Groups of one neuron each, or β = 1, give basis pursuit (LASSO), β = 0 group basis pursuit (group
LASSO), what lies between the sparse group LASSO. Nothing here knows of networks.

Sources: Beck & Teboulle (2009), doi:10.1137/080716542 (ISTA, FISTA); Yuan & Lin (2006),
doi:10.1111/j.1467-9868.2005.00532.x; Simon et al. (2013), doi:10.1080/10618600.2012.681250;
Papyan, Romano & Elad (2017), JMLR 18:83 (layers).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genprop.errors import ConfigurationError, TrainingError

if TYPE_CHECKING:
    from genprop.describe.groups import Groups

__all__ = [
    "Penalty",
    "SparseCode",
    "deep_pursuit",
    "kkt_residual",
    "layered_pursuit",
    "objective",
    "pursue",
]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Penalty:
    """Σ_k γ_k (β ‖Γ_{G_k}‖₁ + (1 − β) ‖Γ_{G_k}‖₂).

    Args:
        gamma: γ, one number, or one per group; without groups one per atom.
        groups: a partition of the atoms; None is every atom by itself.
        beta: the part of ℓ₁ within groups, in [0, 1].
        nonnegative: whether codes may not be below 0.
    """

    gamma: float | Array
    groups: Groups | None = None
    beta: float = 0.0
    nonnegative: bool = False

    def __post_init__(self) -> None:
        if np.any(np.asarray(self.gamma) < 0) or not 0 <= self.beta <= 1:
            raise ConfigurationError(
                f"Penalty(gamma={self.gamma!r:.40}, beta={self.beta!r:.40}) is no penalty",
                remedy="give gamma ≥ 0 and beta between 0 and 1",
            )

    def value(self, code: Array) -> Array:
        """The penalty of codes (batch, atoms), (batch,)."""
        plain, norms = self._sum(np.abs(code)), self.norms(code)
        return (self.gamma * (self.beta * plain + (1 - self.beta) * norms)).sum(axis=-1)

    def prox(self, u: Array, step: float) -> Array:
        """argmin_Γ ½‖Γ − u‖² + step · penalty(Γ), for u (batch, atoms)."""
        limit = self._spread(step * self.beta * np.asarray(self.gamma, float), u.shape[-1])
        magnitude = np.maximum((u if self.nonnegative else np.abs(u)) - limit, 0.0)
        shrunk = magnitude if self.nonnegative else np.sign(u) * magnitude
        norms = self.norms(shrunk)
        threshold = step * (1 - self.beta) * np.asarray(self.gamma, float)
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = np.where(norms > threshold, 1.0 - threshold / norms, 0.0)
        return shrunk * self._spread(scale, u.shape[-1])

    def norms(self, code: Array) -> Array:
        """‖Γ_{G_k}‖₂, the pooled code (batch, groups)."""
        return np.sqrt(self._sum(code**2))

    def _sum(self, each: Array) -> Array:
        """Sums over the atoms of every group."""
        if self.groups is None:
            return each
        return each @ np.eye(self.groups.count)[self.groups.of]

    def _spread(self, each: Array, atoms: int) -> Array:
        """A value per group as one per atom."""
        if self.groups is None or each.ndim == 0:
            return np.broadcast_to(each, (*each.shape[:-1], atoms)) if each.ndim else each
        return each[..., self.groups.of]


@dataclass(frozen=True, slots=True)
class SparseCode:
    """Codes (batch, atoms) that a solver found.

    Attributes:
        code: Γ.
        iterations: how many steps were made.
        change: the largest change of a coefficient in the last one.
    """

    code: Array
    iterations: int
    change: float


def objective(x: Array, dictionary: Array, penalty: Penalty, code: Array) -> Array:
    """½‖x − DΓ‖² + penalty(Γ) of every sample, (batch,)."""
    return 0.5 * ((x - code @ dictionary.T) ** 2).sum(axis=-1) + penalty.value(code)


def pursue(
    x: Array,
    dictionary: Array,
    penalty: Penalty,
    *,
    tolerance: float = 1e-12,
    iterations: int = 100_000,
    accelerated: bool = True,
) -> SparseCode:
    """The minimiser by FISTA, restarted where the objective would rise, or by ISTA.

        Γ ← prox_{penalty/L}(z + Dᵀ(x − Dz)/L),   L = λ_max(DᵀD)

    Args:
        x: (batch, dim).
        dictionary: D (dim, atoms).
        penalty: what codes are charged.
        tolerance: of the largest change of a coefficient per step.
        iterations: how many steps there may be.
        accelerated: FISTA; False is ISTA.

    Raises:
        TrainingError: where codes still change by more than ``tolerance`` at the end.
    """
    gram, drive = dictionary.T @ dictionary, x @ dictionary
    largest = float(np.linalg.eigvalsh(gram)[-1])
    code = np.zeros_like(drive)
    z, momentum, change = code, 1.0, np.inf
    for k in range(1, iterations + 1):
        found = penalty.prox(z + (drive - z @ gram) / largest, 1 / largest)
        change = float(np.abs(found - code).max(initial=0.0))
        if change <= tolerance and z is code:
            return SparseCode(found, k, change)
        if change <= tolerance or np.sum((z - found) * (found - code)) > 0:
            z, code, momentum = (
                found,
                found,
                1.0,
            )  # arrived, or beyond the valley: a plain step next
            continue
        later = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        push = (momentum - 1) / later if accelerated else 0.0
        z = found + push * (found - code) if push else found
        code, momentum = found, later
    raise TrainingError(
        f"codes still change by {change:.3g} after {iterations} steps",
        where="pursue(…)",
        remedy="allow more iterations, or a larger tolerance",
    )


def kkt_residual(x: Array, dictionary: Array, penalty: Penalty, code: Array) -> Array:
    """How far codes are from the conditions of a minimum, by sample (batch,): 0 at it.

    With r = Dᵀ(x − DΓ): where a coefficient is not zero, r_i = γ_k β sign Γ_i +
    γ_k (1 − β) Γ_i/‖Γ_G‖; where it is zero in a group that is not, |r_i| ≤ γ_k β; of a group that
    is zero, ‖soft(r_G, γ_k β)‖ ≤ γ_k (1 − β). Codes that may not be negative need only the upper
    bounds. No solver's step is used.
    """
    atoms = code.shape[-1]
    residual = (x - code @ dictionary.T) @ dictionary
    of = np.arange(atoms) if penalty.groups is None else penalty.groups.of
    gamma = np.broadcast_to(np.asarray(penalty.gamma, float), int(of.max()) + 1)
    worst = np.zeros(len(code))
    for k in range(len(gamma)):
        r, own = residual[:, of == k], code[:, of == k]
        within, across = gamma[k] * penalty.beta, gamma[k] * (1 - penalty.beta)
        size = np.linalg.norm(own, axis=1, keepdims=True)
        safe = np.where(size > 0, size, 1.0)
        active = np.abs(r - within * np.sign(own) - across * own / safe)
        bound = (r if penalty.nonnegative else np.abs(r)) - within
        each = np.where(own != 0, active, np.maximum(bound, 0)).max(axis=1)
        silent = np.maximum(np.linalg.norm(np.maximum(bound, 0), axis=1) - across, 0)
        worst = np.maximum(worst, np.where(size[:, 0] > 0, each, silent))
        if penalty.nonnegative:
            worst = np.maximum(worst, np.maximum(-own, 0).max(axis=1))
    return worst


def layered_pursuit(
    x: Array, layers: Sequence[tuple[Array, Penalty]], *, tolerance: float = 1e-12
) -> list[Array]:
    """Layer after layer: the code of each is what the next one codes (layered basis pursuit)."""
    codes: list[Array] = []
    for dictionary, penalty in layers:
        codes.append(
            pursue(codes[-1] if codes else x, dictionary, penalty, tolerance=tolerance).code
        )
    return codes


def deep_pursuit(
    x: Array, layers: Sequence[tuple[Array, Penalty]], *, tolerance: float = 1e-12
) -> list[Array]:
    """All layers jointly: min Σ_l ½‖Γ_{l−1} − D_l Γ_l‖² + penalty_l(Γ_l) with Γ_0 = x.

    One shallow problem, of the block matrix with D_l on the diagonal and −1 below it.

    Raises:
        ConfigurationError: for penalties of different β or sign, which one step does not hold.
    """
    sizes = [dictionary.shape[1] for dictionary, _ in layers]
    rows = [x.shape[1], *sizes[:-1]]
    whole = np.zeros((sum(rows), sum(sizes)))
    for k, (dictionary, _) in enumerate(layers):
        above, left = sum(rows[:k]), sum(sizes[:k])
        whole[above : above + rows[k], left : left + sizes[k]] = dictionary
        if k + 1 < len(layers):
            whole[above + rows[k] : above + rows[k] + sizes[k], left : left + sizes[k]] = -np.eye(
                sizes[k]
            )
    padded = np.concatenate([x, np.zeros((len(x), sum(rows[1:])))], axis=1)
    joint = _joined([penalty for _, penalty in layers], sizes)
    code = pursue(padded, whole, joint, tolerance=tolerance).code
    return np.split(code, np.cumsum(sizes)[:-1], axis=1)


def _joined(penalties: Sequence[Penalty], sizes: Sequence[int]) -> Penalty:
    """The penalties of several layers as one over all their atoms."""
    from genprop.describe.groups import Groups

    first = penalties[0]
    if any((p.beta, p.nonnegative) != (first.beta, first.nonnegative) for p in penalties):
        raise ConfigurationError(
            "layers with penalties of different beta or sign cannot be solved jointly here",
            where="deep_pursuit(…)",
            remedy="give all layers one beta and nonnegative",
        )
    of: list[npt.NDArray[np.int64]] = []
    gammas: list[Array] = []
    for penalty, size in zip(penalties, sizes, strict=True):
        own = np.arange(size) if penalty.groups is None else penalty.groups.of
        of.append(own + sum(len(g) for g in gammas))
        gammas.append(np.broadcast_to(np.asarray(penalty.gamma, float), int(own.max()) + 1))
    return Penalty(
        np.concatenate(gammas), Groups(np.concatenate(of)), first.beta, first.nonnegative
    )
