"""A loss term as functions of the observed vector: its value, its gradient, its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from genprop.adjoint.loss import LABEL, TARGET, Y
from genprop.adjoint.observation import DURATION, TIME
from genprop.numerics.callables import numpy_function

if TYPE_CHECKING:
    from genprop.adjoint.loss import LossAdjoint, Reduction
    from genprop.numerics.callables import NumpyFunction

__all__ = ["LossModel", "Sample"]


@dataclass(frozen=True, slots=True)
class Sample:
    """What a loss knows of one sample: ``is_label`` (n,) and ``target`` (n,) or (steps, n)."""

    is_label: np.ndarray
    target: np.ndarray


class LossModel:
    """The functions of one loss term, made once. What is observed is y (n,) or, m times, (n, m)."""

    def __init__(self, term: LossAdjoint, duration: float) -> None:
        self.coefficient = term.coefficient
        self.duration = duration
        base = (Y, LABEL, TARGET, TIME, DURATION)
        self._forward = _Reductions(term.function.reductions, base)
        known = (*base, *self._forward.names)
        self._backward = _Reductions(term.backward, known)
        self._value = numpy_function([term.function.value], known)
        self._gradient = numpy_function([term.gradient], (*known, *self._backward.names))
        score = term.function.score
        self._score = None if score is None else numpy_function([score], known)

    @property
    def classifies(self) -> bool:
        """Whether there are scores."""
        return self._score is not None

    def value(self, y: np.ndarray, sample: Sample, time: float | np.ndarray = 0.0) -> np.ndarray:
        """L (without the coefficient): () or (m,)."""
        known = self._forward(self._base(y, sample, time))
        return self._value(*known)[0].sum(axis=0)

    def gradient(self, y: np.ndarray, sample: Sample, time: float | np.ndarray = 0.0) -> np.ndarray:
        """∂L/∂y (without the coefficient), in the shape of y."""
        known = self._backward(self._forward(self._base(y, sample, time)))
        return self._gradient(*known)[0]

    def score(self, y: np.ndarray, sample: Sample) -> np.ndarray | None:
        """Larger for the chosen class, (n,); None for a loss that does not classify."""
        if self._score is None:
            return None
        sample = replace(sample, target=sample.is_label)  # no score knows the target
        return self._score(*self._forward(self._base(y, sample, 0.0)))[0]

    def _base(
        self, y: np.ndarray, sample: Sample, time: float | np.ndarray
    ) -> tuple[np.ndarray, ...]:
        along = (slice(None),) + (None,) * (y.ndim - 1)
        target = sample.target.T if sample.target.ndim == 2 else sample.target[along]
        full = (y, sample.is_label[along], target, time, self.duration)
        return tuple(np.broadcast_to(np.asarray(v, float), y.shape) for v in full)


class _Reductions:
    """Sums and maxima over neurons, each a function of those before it."""

    def __init__(self, reductions: Sequence[Reduction], base: Sequence[object]) -> None:
        self.names = tuple(r.name for r in reductions)
        arguments = list(base)
        self._steps: list[tuple[NumpyFunction, bool]] = []
        for r in reductions:
            self._steps.append((numpy_function([r.each], arguments), r.operation == "max"))  # pyright: ignore[reportArgumentType]
            arguments.append(r.name)

    def __call__(self, known: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        for each, is_max in self._steps:
            values = each(*known)[0]
            total = values.max(axis=0) if is_max else values.sum(axis=0)
            known = (*known, np.broadcast_to(total, known[0].shape))
        return known
