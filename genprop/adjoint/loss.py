"""Losses and readouts as values, and the chain rule between them.

A readout says how a number y per neuron is observed; a loss is a function of the vector y, of the
label and of targets. The gradient ∂L/∂y is derived here, for any loss, by reverse accumulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy

from genprop.equations.algebra import simplified

if TYPE_CHECKING:
    from genprop.adjoint.observation import Observation

__all__ = [
    "LABEL",
    "TARGET",
    "LossAdjoint",
    "LossFunction",
    "Reduction",
    "Y",
    "derive_loss",
]

Y = sympy.Symbol("y", real=True)
"""What was observed of one neuron."""
LABEL = sympy.Symbol("is_label", real=True)
"""1 for the neuron whose index is the sample's label, else 0."""
TARGET = sympy.Symbol("target", real=True)
"""The target of one neuron: the batch's own targets where it has any, else ``LABEL``."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """``name`` = Σ_j or max_j of ``each`` over the readout's neurons; ``operation`` says which."""

    name: sympy.Symbol
    operation: str
    each: sympy.Expr


@dataclass(frozen=True, slots=True)
class LossFunction:
    """A loss of the vector y: reductions in order, then ``value`` = Σ_j of an expression of y_j.

    A ``"max"`` reduction is for numerical safety only: the value must not depend on it.
    ``score`` is, for losses of classification, an expression of y that is largest for the chosen
    class.
    """

    reductions: tuple[Reduction, ...]
    value: sympy.Expr
    score: sympy.Expr | None = None


@dataclass(frozen=True, slots=True)
class LossAdjoint:
    """One term of the loss: what it observes, its value, and ∂L/∂y_j.

    ``backward`` are the sums the gradient needs, after ``function.reductions``. ``coefficient``
    multiplies value and gradient.
    """

    coefficient: float
    observation: Observation
    function: LossFunction
    backward: tuple[Reduction, ...]
    gradient: sympy.Expr


def derive_loss(
    coefficient: float, observation: Observation, function: LossFunction
) -> LossAdjoint:
    """∂L/∂y_j by reverse accumulation through the reductions.

    With L = Σ_j ℓ(y_j, s) and s_k = Σ_j e_k(y_j, s_1 … s_{k−1}):
    s̄_k = Σ_j ∂ℓ/∂s_k + Σ_{l>k} s̄_l Σ_j ∂e_l/∂s_k and ∂L/∂y_j = ∂ℓ/∂y_j + Σ_k s̄_k ∂e_k/∂y_j.
    """
    sums = [r for r in function.reductions if r.operation == "sum"]
    backward: list[Reduction] = []
    gradient = sympy.diff(function.value, Y)
    each_bar: dict[sympy.Symbol, sympy.Expr] = {}
    for reduction in reversed(sums):
        bar = sympy.Symbol(f"{reduction.name.name}_bar", real=True)
        each = sympy.diff(function.value, reduction.name)
        for later in sums[sums.index(reduction) + 1 :]:
            each += each_bar[later.name] * sympy.diff(later.each, reduction.name)
        each_bar[reduction.name] = bar
        backward.append(Reduction(bar, "sum", simplified(each)))
        gradient += bar * sympy.diff(reduction.each, Y)
    return LossAdjoint(coefficient, observation, function, tuple(backward), simplified(gradient))
