"""A population in continuous time: what the exact clock keeps of linear flows.

Between events ż = A z + b, so that z(t + s) = exp(A s) z(t) + … whatever s is, and what arrives
within a step is added to its end by superposition. z holds the states of the population, then
integrals that its readouts look at, then tangents: the derivatives of states with respect to
parameters of the flow at fixed times of events, which begin at zero where a stretch without events
begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genprop.lower.nodes import Expr

__all__ = [
    "Continuous",
    "FinalValue",
    "FirstSpikeTime",
    "HighestValue",
    "Row",
    "SpikeNumber",
    "StepMean",
    "Tangent",
    "View",
]

Row = tuple["Expr", ...]
"""Coefficients of z and, last, a number that is added."""


@dataclass(frozen=True, slots=True)
class Tangent:
    """Component ``index`` of z is ∂z[``state``]/∂``parameter``, a parameter by its local name."""

    parameter: str
    state: int
    index: int


@dataclass(frozen=True, slots=True)
class FinalValue:
    """y = ``row``·z(T) of the loss ``loss``; integrals over the trial are components of z."""

    loss: str
    row: Row


@dataclass(frozen=True, slots=True)
class StepMean:
    """The loss ``loss`` sees z[``index``] at the end of each step; a step begins with 0 there."""

    loss: str
    index: int


@dataclass(frozen=True, slots=True)
class HighestValue:
    """y = max over t of ``row``·z(t) of the loss ``loss``."""

    loss: str
    row: Row


@dataclass(frozen=True, slots=True)
class FirstSpikeTime:
    """y = the time of the first spike, T where there is none."""

    loss: str


@dataclass(frozen=True, slots=True)
class SpikeNumber:
    """y = the number of spikes; the population's count jump stands for its gradient."""

    loss: str


View = FinalValue | StepMean | HighestValue | FirstSpikeTime | SpikeNumber
"""What a loss sees of the population."""


@dataclass(frozen=True, slots=True)
class Continuous:
    """One population with a linear flow and a linear guard.

    ``states`` name the components of z. ``flow`` has a row of A and b for each; ``held_flow`` is
    the flow while refractory, empty where that never is. ``guard``·z > 0 is a spike, empty where
    there are none. ``arrivals`` maps each receptor to what one arrival of weight 1 adds to z.
    ``held`` are the components that stand still, and do not hear arrivals, while refractory. In
    reverse, over a stretch without events, ∂L/∂θ gains Σ p[t.state]·z[t.index] of the ``tangents``
    of θ at its end.
    """

    states: tuple[str, ...]
    flow: tuple[Row, ...]
    held_flow: tuple[Row, ...]
    guard: Row
    arrivals: tuple[tuple[str, Row], ...]
    held: tuple[int, ...]
    tangents: tuple[Tangent, ...]
    views: tuple[View, ...]

    @property
    def adjoint_size(self) -> int:
        """How many components have an adjoint: all but the tangents."""
        return len(self.states) - len(self.tangents)
