"""What a readout gives for a trajectory in continuous time: for solvers that have no steps.

A solver holds one method per form, ``backends/reference/exact/readouts.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sympy

__all__ = [
    "ClosedForm",
    "FirstSpike",
    "Highest",
    "LossOverTime",
    "SpikeCount",
    "ValueAt",
    "WeightedIntegral",
]


class ClosedForm:
    """What all forms are."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class WeightedIntegral(ClosedForm):
    """∫ ``weight``(t) · value(x(t)) dt over the trial."""

    weight: sympy.Expr


@dataclass(frozen=True, slots=True)
class ValueAt(ClosedForm):
    """value(x(``time``)) [ms]."""

    time: sympy.Expr


@dataclass(frozen=True, slots=True)
class Highest(ClosedForm):
    """Max over t of value(x(t))."""


@dataclass(frozen=True, slots=True)
class LossOverTime(ClosedForm):
    """The loss itself is averaged: (1/T) ∫ loss(value(x(t))) dt."""


@dataclass(frozen=True, slots=True)
class FirstSpike(ClosedForm):
    """The time of the first spike, T where there is none."""


@dataclass(frozen=True, slots=True)
class SpikeCount(ClosedForm):
    """The number of spikes in the trial."""
