"""Keeps activity near a budget: L = ½ Σ_j (n̄_j − ν)², n̄_j the batch mean of spikes per trial."""

from __future__ import annotations

import sympy

from genprop.adjoint.loss import LossFunction, Y

__all__ = ["loss"]


def loss(per_trial: float) -> LossFunction:
    """½ Σ_j (n̄_j − ν)², with ``per_trial`` = ν."""
    return LossFunction((), sympy.Rational(1, 2) * (Y - sympy.Float(per_trial)) ** 2)
