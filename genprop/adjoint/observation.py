"""What a readout does during a trial and in reverse, as expressions that name no clock.

A readout keeps numbers per neuron (its buffers), moves them at defined points of a trial, and gives
the loss one number y per neuron at the end. In reverse it says how ∂L/∂y acts on the adjoint. A
clock in ``lower/`` turns this into what is done in a step; nothing else knows which readout it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import sympy

if TYPE_CHECKING:
    from genprop.adjoint.closed_forms import ClosedForm

__all__ = [
    "ARRIVED",
    "DURATION",
    "GRADIENT",
    "INSTANT",
    "TIME",
    "Buffer",
    "Observation",
    "Y",
    "above",
    "below",
    "buffer",
    "choose",
    "differs",
    "instant_at",
    "not_above",
    "same",
    "time_of",
]

TIME = sympy.Symbol("t", real=True)
"""Time [ms] from the start of the trial."""
DURATION = sympy.Symbol("duration", real=True)
"""T [ms]."""
GRADIENT = sympy.Symbol("readout.gradient", real=True)
"""∂L/∂y of this neuron; of a stepwise readout, ∂L/∂value at this instant."""
INSTANT = sympy.Symbol("readout.instant", integer=True)
"""The present instant; buffers of the kind "instant" hold one, or −1 for none."""
ARRIVED = sympy.Symbol("readout.arrived", real=True)
"""The summed weight of what arrives at this neuron at this instant."""
instant_at = sympy.Function("instant_at", integer=True)
"""The instant at a time [ms]."""
time_of = sympy.Function("time_of", real=True)
"""The time [ms] of an instant."""

Kind = Literal["value", "sum", "instant", "count"]


def buffer(name: str, kind: Kind = "value") -> sympy.Symbol:
    """The symbol of a readout's buffer, which no state of a neuron can be called."""
    return sympy.Symbol(f"readout.{name}", real=True, integer=(kind == "instant") or None)


Y = buffer("y")
"""The buffer that most readouts keep: y itself."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """A number kept per neuron during a trial, ``initial`` (of ``duration``) when it starts.

    ``kind`` is "value", "sum" (of many small terms), "instant" or "count".
    """

    symbol: sympy.Symbol
    initial: sympy.Expr = sympy.S.Zero
    kind: Kind = "value"


@dataclass(frozen=True, slots=True)
class Observation:
    """A readout of one population, clock-free; ``about`` says in a few words what y is.

    Forward, each mapping being assignments in order from buffer to expression (of buffers too):

    * over time, ∫ ``density`` (of ``t`` and ``duration``) · ``value`` (of the states) dt is added
      to the buffer ``Y``;
    * ``delivered`` at an instant, just after arrivals (may read states and ``ARRIVED``);
    * ``observed`` at an instant, before the reset of those who spike (may read states);
    * ``spiked`` at a spike;
    * ``y`` is what the loss sees at the end of the trial, of the buffers.

    In reverse, each an expression of ``GRADIENT``, buffers and ``INSTANT``:

    * ``pull``, times ∂value/∂x, is added to the adjoint at an instant, before resets, and
      ``pull_delivered`` likewise just after arrivals; the value is the one at ``offset`` [ms]
      (of buffers) from that instant, along the flow;
    * ``spike`` is added to ∂L/∂t of a spike, ``count`` moves the adjoint at a spike, per unit of
      the population's jump for spike counts;
    * ``arrival`` is added to ∂L/∂t of an arrival, per unit weight;
    * what ``density`` and ``stepwise`` entail (the drive over time, l⁻ − l⁺ at spikes and
      arrivals) follows from them.

    Properties that machines ask for: ``stepwise``: the loss is evaluated at every instant, on
    ``value``, and averaged over time; ``pooled``: it sees the batch mean of y; ``smooth``:
    ``value`` must not jump at arrivals, nor the threshold move; ``spikes``: y is of spikes.
    ``closed_form`` is for solvers without a clock; a readout without one is refused there.
    """

    population: str
    about: str = ""
    value: sympy.Expr = sympy.S.Zero
    buffers: tuple[Buffer, ...] = ()
    y: sympy.Expr = Y
    density: sympy.Expr = sympy.S.Zero
    delivered: Mapping[sympy.Symbol, sympy.Expr] = field(default_factory=dict)
    observed: Mapping[sympy.Symbol, sympy.Expr] = field(default_factory=dict)
    spiked: Mapping[sympy.Symbol, sympy.Expr] = field(default_factory=dict)
    pull: sympy.Expr = sympy.S.Zero
    pull_delivered: sympy.Expr = sympy.S.Zero
    offset: sympy.Expr = sympy.S.Zero
    spike: sympy.Expr = sympy.S.Zero
    count: sympy.Expr = sympy.S.Zero
    arrival: sympy.Expr = sympy.S.Zero
    stepwise: bool = False
    pooled: bool = False
    smooth: bool = False
    closed_form: ClosedForm | None = None

    @property
    def spikes(self) -> bool:
        """Whether y is of spikes, so that the population must be able to spike."""
        return self.spike != 0 or self.count != 0

    @property
    def surrogate(self) -> bool:
        """Whether its gradient is heuristic: a spike count has none."""
        return self.count != 0


def choose(then: sympy.Expr, otherwise: sympy.Expr, *where: sympy.Basic) -> sympy.Expr:
    """``then`` where all conditions hold, else ``otherwise``; sympy leaves it as it stands."""
    together = sympy.And(*where, evaluate=False)  # pyright: ignore[reportCallIssue]
    condition = where[0] if len(where) == 1 else together
    return sympy.Piecewise((then, condition), (otherwise, True), evaluate=False)


def above(x: sympy.Expr, y: sympy.Expr | int) -> sympy.Basic:
    """The condition x > y."""
    return sympy.StrictGreaterThan(x, y, evaluate=False)


def below(x: sympy.Expr, y: sympy.Expr | int) -> sympy.Basic:
    """The condition x < y."""
    return sympy.StrictLessThan(x, y, evaluate=False)


def not_above(x: sympy.Expr, y: sympy.Expr | int) -> sympy.Basic:
    """The condition x ≤ y."""
    return sympy.LessThan(x, y, evaluate=False)


def same(x: sympy.Expr, y: sympy.Expr | int) -> sympy.Basic:
    """The condition x = y."""
    return sympy.Equality(x, y, evaluate=False)


def differs(x: sympy.Expr, y: sympy.Expr | int) -> sympy.Basic:
    """The condition x ≠ y."""
    return sympy.Unequality(x, y, evaluate=False)
