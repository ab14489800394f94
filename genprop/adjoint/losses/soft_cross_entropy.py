"""Cross-entropy with soft targets: L = −T² Σ_j q_j log softmax(Y/T)_j."""

from __future__ import annotations

import sympy

from genprop.adjoint.loss import TARGET, LossFunction, Reduction, Y

__all__ = ["loss"]


def loss(temperature: float) -> LossFunction:
    """−T² Σ_j q_j log softmax(Y/T)_j with T = ``temperature``, q the targets of the batch.

    Where the batch has none, q is 1 at the label. The factor T² gives the gradient one size,
    (softmax(Y/T) − q) T, whatever T is.
    """
    top, total = sympy.symbols("top total", real=True)
    logit = Y / sympy.Float(temperature)
    return LossFunction(
        reductions=(
            Reduction(top, "max", logit),
            Reduction(total, "sum", sympy.exp(logit - top)),
        ),
        value=-(sympy.Float(temperature) ** 2) * TARGET * (logit - top - sympy.log(total)),
        score=Y,
    )
