"""Losses in the Program: what a readout does in steps, and the function of what it observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from genprop.lower.nodes import names_in

if TYPE_CHECKING:
    from genprop.lower.nodes import AddTo, Assign, Compare, Expr, Move

__all__ = ["BufferProgram", "LossProgram", "ReadoutProgram", "ReductionProgram"]


@dataclass(frozen=True, slots=True)
class BufferProgram:
    """A number that a readout keeps per neuron, ``initial`` (of ``duration``) at the start.

    ``kind`` is "value", "sum" (of many small terms), "instant" (n for t_n, −1 for none) or "count".
    """

    name: str
    initial: Expr
    kind: Literal["value", "sum", "instant", "count"]

    @property
    def integer(self) -> bool:
        """Whether it counts steps."""
        return self.kind == "instant"


@dataclass(frozen=True, slots=True)
class ReadoutProgram:
    """What a readout does in steps, as statements: backends print or run them in order.

    Moves and expressions read the numbers of the population, ``readout.instant`` (n at t_n),
    ``readout.last`` (N at t_N = T), ``readout.weight`` (``weight``, of ``t`` and ``duration``, at
    that instant) and the buffers, ``readout.…``.

    Forward: ``delivered`` at t_n after delivery (states, ``readout.arrived`` the summed weight of
    the arrivals), ``observed`` at t_{n+1} before the reset (states), ``spiked`` for those who spike
    at t_{n+1}; ``sampled`` stands for ``delivered`` and ``observed`` where only the ends of steps
    can be seen. ``tape_delivered`` and ``tape_observed`` are kept for every step, for the reverse.
    ``y`` is what the loss sees at the end of the trial.

    In reverse, with ``readout.gradient`` = ∂L/∂y: ``drive`` adds to adjoints at t_{n+1} before
    resets, in the steps for which ``drive_when`` holds, and ``drive_delivered`` at t_n after
    delivery, both reading this step's tape; ``spike`` adds to ∂L/∂t of a spike (reading its tape
    columns), ``count`` times the population's ``count_jump`` to its adjoints; ``arrival`` adds to
    ∂L/∂t of an arrival per unit weight at any receptor, ``arrivals`` by receptor.

    ``stepwise``: the loss is evaluated on ``value`` at every instant and averaged over time by the
    trapezium (there is no ``y``, scores are of the mean value); ``readout.gradient`` is then that
    of one half step, and ``after_reset`` the value behind a reset, for l⁻ − l⁺ of spikes.
    ``pooled``: the loss sees the batch mean of y, so that no sample can run backwards before all
    have run. ``spikes``: it looks at spikes.
    """

    value: Expr
    y: Expr | None
    weight: Expr | None = None
    buffers: tuple[BufferProgram, ...] = ()
    delivered: tuple[Move, ...] = ()
    observed: tuple[Move, ...] = ()
    sampled: tuple[Move, ...] = ()
    spiked: tuple[Move, ...] = ()
    tape_delivered: tuple[Assign, ...] = ()
    tape_observed: tuple[Assign, ...] = ()
    drive: tuple[AddTo, ...] = ()
    drive_when: Compare | None = None
    drive_delivered: tuple[AddTo, ...] = ()
    spike: Expr | None = None
    count: Expr | None = None
    arrival: Expr | None = None
    arrivals: tuple[tuple[str, Expr], ...] = ()
    after_reset: Expr | None = None
    stepwise: bool = False
    pooled: bool = False
    spikes: bool = False

    @property
    def taped(self) -> tuple[Assign, ...]:
        """What is kept for every step."""
        return (*self.tape_delivered, *self.tape_observed)

    def steps(self) -> tuple[Expr, ...]:
        """Every expression of a step forwards: of numbers, states and buffers."""
        statements = (*self.delivered, *self.observed, *self.taped)
        seen = (self.value,) if self.stepwise else ()
        return (*seen, *(s.value for s in statements))

    def forward(self) -> tuple[Expr, ...]:
        """Every expression of a trial forwards."""
        reset = () if self.after_reset is None else (self.after_reset,)
        return (*self.steps(), *reset, *(s.value for s in self.spiked))

    def reverse(self) -> tuple[Expr, ...]:
        """Every expression in reverse."""
        drives = (*self.drive, *self.drive_delivered)
        costs = (self.spike, self.count, self.arrival, *(e for _, e in self.arrivals))
        return (*(s.value for s in drives), *(e for e in costs if e is not None))

    def reads(self, name: str) -> bool:
        """Whether anything of a step forwards reads ``name``."""
        return any(name in names_in(e) for e in self.steps())


@dataclass(frozen=True, slots=True)
class ReductionProgram:
    """``name`` = Σ_j or max_j (``operation``) of ``each`` over the neurons of the readout."""

    name: str
    operation: str
    each: Expr


@dataclass(frozen=True, slots=True)
class LossProgram:
    """One term of the loss: what its readout does, and the function of the observed vector y.

    ``reductions``, ``total`` (the loss is its sum over neurons), ``backward`` and ``gradient``
    (∂L/∂y_j) are of ``y``, ``is_label``, ``target``. ``score`` orders classes.
    """

    name: str
    coefficient: float
    population: str
    readout: ReadoutProgram
    reductions: tuple[ReductionProgram, ...]
    total: Expr
    backward: tuple[ReductionProgram, ...]
    gradient: Expr
    score: Expr | None
