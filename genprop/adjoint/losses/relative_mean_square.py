"""First spikes a margin apart: L = ½ Σ_{i≠c} (t_i − t_c − Δ)²."""

from __future__ import annotations

import sympy

from genprop.adjoint.loss import LABEL, LossFunction, Reduction, Y

__all__ = ["loss"]


def loss(delta: float) -> LossFunction:
    """½ Σ_{i≠c} (t_i − t_c − Δ)², others should follow the label's spike by ``delta`` [ms]."""
    correct = sympy.Symbol("correct", real=True)
    value = sympy.Rational(1, 2) * (1 - LABEL) * (Y - correct - sympy.Float(delta)) ** 2
    return LossFunction((Reduction(correct, "sum", LABEL * Y),), value, score=-Y)
