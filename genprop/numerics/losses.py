"""Loss terms evaluated with numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.numerics.evaluate import evaluate

if TYPE_CHECKING:
    from genprop.lower.loss_program import LossProgram, ReductionProgram

__all__ = ["LossValue", "loss_of", "one_hot"]

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class LossValue:
    """Per sample ``value`` (batch,); ``gradient`` ∂L/∂y (batch, n); ``score`` (batch, n) or None.

    The coefficient is applied; the mean over the batch is not.
    """

    value: Array
    gradient: Array
    score: Array | None


def one_hot(labels: Array, size: int) -> Array:
    """The labels (batch,) one-hot, (batch, size); −1, where there is none, is no neuron's."""
    return (np.arange(size) == labels[:, None]).astype(float)


def loss_of(loss: LossProgram, y: Array, is_label: Array, target: Array) -> LossValue:
    """The loss of the observed y (batch, n), the label one-hot and targets of that shape."""
    values: dict[str, Array] = {"y": y, "is_label": is_label, "target": target}
    _reduce(loss.reductions, values)
    value = np.broadcast_to(evaluate(loss.total, values), y.shape).sum(axis=-1)
    _reduce(loss.backward, values)
    gradient = np.broadcast_to(evaluate(loss.gradient, values), y.shape)
    score = evaluate(loss.score, values) if loss.score is not None else None
    return LossValue(loss.coefficient * value, loss.coefficient * gradient, score)


def _reduce(reductions: Sequence[ReductionProgram], values: dict[str, Array]) -> None:
    shape = values["y"].shape
    for reduction in reductions:
        each = np.broadcast_to(evaluate(reduction.each, values), shape)
        operation = np.max if reduction.operation == "max" else np.sum
        values[reduction.name] = operation(each, axis=-1, keepdims=True)
