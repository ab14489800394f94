"""Iterated fast gradient method: up the gradient of the loss, within a ball round the input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import integer, real
from genprop.data.graded import GradedBatch
from genprop.errors import ConfigurationError, DataError, UnsupportedError
from genprop.runtime.graded import GradedSimulator

if TYPE_CHECKING:
    from genprop.data.spikes import SpikeBatch
    from genprop.runtime.simulator import Simulator

__all__ = ["Attacked", "ifgsm"]

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Attacked:
    """What an attack found.

    Attributes:
        batch: the samples as they were changed.
        loss: the mean loss before, after every step, (steps + 1,).
        size: (batch,) the norm of each sample's change.
    """

    batch: GradedBatch
    loss: Array
    size: Array

    def __repr__(self) -> str:
        return f"Attacked({self.batch}, loss {self.loss[0]:.4g} → {self.loss[-1]:.4g})"


def _euclidean(change: Array, eps: float) -> tuple[Array, Array, Array]:
    size = np.sqrt((change**2).sum(axis=1, keepdims=True))
    safe = np.where(size > 0, size, 1.0)
    return change / safe, change * np.minimum(1.0, eps / safe), size[:, 0]


def _largest(change: Array, eps: float) -> tuple[Array, Array, Array]:
    return np.sign(change), np.clip(change, -eps, eps), np.abs(change).max(axis=1)


_NORMS: Mapping[str, Callable[[Array, float], tuple[Array, Array, Array]]] = MappingProxyType(
    {"l2": _euclidean, "linf": _largest}
)
"""By norm: the steepest direction of unit length, the nearest point of the ball, and the norm."""


def ifgsm(
    sim: Simulator,
    batch: SpikeBatch,
    eps: float,
    norm: str = "l2",
    steps: int = 10,
    *,
    rate: float | None = None,
    within: tuple[float, float] | None = None,
) -> Attacked:
    """Change each sample by at most ``eps`` so that its loss rises.

        x ← P(x + rate · direction(∂L/∂x)),   P onto ‖x − x₀‖ ≤ eps, then onto ``within``

    with the gradient divided by its ℓ₂ norm (``"l2"``), or its sign (``"linf"``). It is that of the
    network as it runs, through its solver: at the fixed point where there is a tolerance.

    Args:
        sim: a network of values, compiled with a loss.
        batch: its samples, with the labels or targets of the loss.
        eps: the bound on each sample's change, in the unit of the values.
        norm: ``"l2"`` or ``"linf"``.
        steps: how many there are; 1 is the fast gradient method.
        rate: of a step; 2.5 eps/steps by default, so that the ball can be crossed.
        within: the smallest and largest value that there may be.

    Raises:
        UnsupportedError: for a network of spikes, whose events have no small changes.
        ConfigurationError: for a norm that there is not, or numbers below 0.
        DataError: for a batch of several sources, or values beyond ``within``.

    Source: Kurakin, Goodfellow & Bengio (2017), arXiv:1607.02533.
    """
    graded = _of_values(sim)
    eps = real(eps, "ifgsm(eps=…)", least=0.0)
    count = integer(steps, "ifgsm(steps=…)", least=1)
    rate = 2.5 * eps / count if rate is None else real(rate, "ifgsm(rate=…)", above=0.0)
    if not isinstance(norm, str) or norm not in _NORMS:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(
            f"there is no norm {norm!r:.60}", where="ifgsm(norm=…)", remedy="use 'l2' or 'linf'"
        )
    source, given = _source(graded, batch)
    before = np.asarray(given.values_of(source), np.float64)
    _refuse_beyond(before, within)
    measure, change, losses = _NORMS[norm], np.zeros_like(before), list[float]()
    for _ in range(count):
        loss, slopes = graded.input_gradients(given.replaced(source, before + change))
        losses.append(loss)
        direction = measure(np.asarray(slopes[source], np.float64), eps)[0]
        change = measure(change + rate * direction, eps)[1]
        if within is not None:
            change = np.clip(before + change, *within) - before
    found = given.replaced(source, before + change)
    losses.append(graded.run(found).loss)
    return Attacked(found, np.array(losses), measure(change, eps)[2])


def _of_values(sim: object) -> GradedSimulator:
    if isinstance(sim, GradedSimulator):
        return sim
    raise UnsupportedError(
        f"the input of a {type(sim).__name__} is spikes: an event is there or not, so that no "
        "change of it is small, and ∂L/∂x has no x",
        where="ifgsm(sim, …)",
        remedy="attack what the spikes are made of with a network of values: gp.graded()",
    )


def _source(sim: GradedSimulator, batch: SpikeBatch) -> tuple[str, GradedBatch]:
    sources = [p.name for p in sim.graded.populations if p.source]
    if len(sources) != 1 or not isinstance(batch, GradedBatch):
        raise DataError(
            f"an attack changes one source of values, there are {len(sources)}, of a "
            f"{type(batch).__name__}",
            where="ifgsm(sim, batch)",
            remedy="give a gp.data.GradedBatch to a network with one gp.graded() population",
        )
    if batch.values_of(sources[0]).ndim != 2:
        raise DataError(
            "an attack changes values that stay, these are given for every step",
            where="ifgsm(sim, batch)",
            remedy="give values of shape (batch, n)",
        )
    return sources[0], batch


def _refuse_beyond(values: Array, within: tuple[float, float] | None) -> None:
    if within is not None and values.size:
        low, high = within
        if values.min() < low or values.max() > high:
            raise DataError(
                f"values from {values.min():g} to {values.max():g} are not within {within}",
                where="ifgsm(within=…)",
                remedy="give the bounds of your data",
            )
