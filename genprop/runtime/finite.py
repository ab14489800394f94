"""Stopping before numbers that are not finite reach the parameters or a checkpoint."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import numpy as np

from genprop.errors import TrainingError

__all__ = [
    "infinite",
    "refuse_infinite_gradients",
    "refuse_infinite_parameters",
    "unchanged_unless_finite",
]


def infinite(loss: float, gradients: Mapping[str, np.ndarray]) -> list[str]:
    """What is not finite, in words: the loss and every gradient concerned."""
    findings = [] if math.isfinite(loss) else [f"the loss is {loss}"]
    return findings + _findings(gradients, "the gradient of")


def refuse_infinite_gradients(loss: float, gradients: Mapping[str, np.ndarray]) -> None:
    """Refuse a loss or gradients with NaN or inf; the parameters are still those before the batch.

    Raises:
        TrainingError: naming every parameter concerned.
    """
    _refuse(infinite(loss, gradients))


def refuse_infinite_parameters(parameters: Mapping[str, np.ndarray]) -> None:
    """Refuse parameters with NaN or inf.

    Raises:
        TrainingError: naming every parameter concerned.
    """
    _refuse(_findings(parameters, "the parameter"))


@contextmanager
def unchanged_unless_finite(
    parameters: Mapping[str, np.ndarray], optimiser: Mapping[str, np.ndarray]
) -> Generator[None, None, None]:
    """An update in place of what learns, undone where it does not end in finite numbers.

    Raises:
        TrainingError: naming every parameter and state of the optimiser concerned.
    """
    before = [(a, a.copy()) for a in (*parameters.values(), *optimiser.values())]
    yield
    findings = _findings(parameters, "the parameter")
    findings += _findings(optimiser, "the optimiser's state")
    if findings:
        for array, old in before:
            array[...] = old
        _refuse(findings)


def _findings(arrays: Mapping[str, np.ndarray], what: str) -> list[str]:
    found: list[str] = []
    for name, value in arrays.items():
        finite = np.isfinite(value)
        if not finite.all():
            bad = np.size(value) - int(np.count_nonzero(finite))
            found.append(
                f"{what} {name!r} has {bad} of {np.size(value)} values that are not finite"
            )
    return found


def _refuse(findings: list[str]) -> None:
    if findings:
        raise TrainingError(
            "training left the finite numbers: " + "; ".join(findings),
            remedy="lower the learning rate, clip the gradients (Clip(norm=1.0)) or check the "
            "initial values",
        )
