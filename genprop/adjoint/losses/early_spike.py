"""A price on late first spikes of the label's neuron: L = α (e^{t_l/τ1} − 1)."""

from __future__ import annotations

import sympy

from genprop.adjoint.loss import LABEL, LossFunction, Y

__all__ = ["loss"]


def loss(alpha: float, tau: float) -> LossFunction:
    """α (e^{t_l/τ1} − 1), with ``tau`` = τ1 [ms] (Göltz et al. 2021)."""
    value = LABEL * sympy.Float(alpha) * (sympy.exp(Y / sympy.Float(tau)) - 1)
    return LossFunction(reductions=(), value=value)
