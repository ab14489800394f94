"""Stopping before numbers that are not finite reach the parameters or a checkpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from genprop.errors import TrainingError

__all__ = ["refuse_infinite_gradients", "refuse_infinite_parameters"]

_REMEDY = (
    "lower the learning rate, clip the gradients (Clip(norm=1.0)) or check the initial values; "
)


def refuse_infinite_gradients(
    loss: float, gradients: Mapping[str, np.ndarray], where: str, checkpoint: str
) -> None:
    """Refuse a loss or gradients with NaN or inf; the parameters are still those before the batch.

    Raises:
        TrainingError: naming the place and every parameter concerned.
    """
    findings = _findings(gradients, "the gradient of")
    if not math.isfinite(loss):
        findings.insert(0, f"the loss is {loss}")
    _refuse(findings, where, checkpoint)


def refuse_infinite_parameters(
    parameters: Mapping[str, np.ndarray], where: str, checkpoint: str
) -> None:
    """Refuse parameters with NaN or inf.

    Raises:
        TrainingError: naming the place and every parameter concerned.
    """
    _refuse(_findings(parameters, "the parameter"), where, checkpoint)


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


def _refuse(findings: list[str], where: str, checkpoint: str) -> None:
    if findings:
        raise TrainingError(
            "training left the finite numbers: " + "; ".join(findings),
            where=where,
            remedy=_REMEDY + checkpoint,
        )
