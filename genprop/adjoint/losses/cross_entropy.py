"""Cross-entropy of the softmax: L = −log softmax(Y)_l; of first spikes, Y = −t/τ0."""

from __future__ import annotations

import sympy

from genprop.adjoint.loss import LABEL, LossFunction, Reduction, Y

__all__ = ["loss"]


def loss(tau0: float | None = None) -> LossFunction:
    """−log softmax(Y)_l, or of first spike times −log softmax(−t/τ0)_l with ``tau0`` [ms]."""
    top, total = sympy.symbols("top total", real=True)
    logit = Y if tau0 is None else -Y / sympy.Float(tau0)
    return LossFunction(
        reductions=(
            Reduction(top, "max", logit),
            Reduction(total, "sum", sympy.exp(logit - top)),
        ),
        value=-LABEL * (logit - top - sympy.log(total)),
        score=logit,
    )
