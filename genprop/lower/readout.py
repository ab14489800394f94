"""A readout in steps.

Integrals over time use the trapezium: half of each step's weight at its start, after delivery, and
half at its end, before the reset; their drive of the adjoint likewise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.observation import DURATION, instant_at
from genprop.equations.algebra import parts, simplified, substitute, symbols
from genprop.errors import UnsupportedError
from genprop.lower.convert import convert
from genprop.lower.loss_program import BufferProgram, ReadoutProgram
from genprop.lower.nodes import (
    AddTo,
    Assign,
    Call,
    Compare,
    Expr,
    Integer,
    Move,
    Multiply,
    Name,
    Negate,
    Number,
    Select,
    names_in,
    rewritten,
)

if TYPE_CHECKING:
    from genprop.adjoint.observation import Observation
    from genprop.adjoint.system import AdjointSystem
    from genprop.lower.clocks.base import Clock
    from genprop.lower.spike import Columns

__all__ = ["lower_readout"]

_WEIGHT, _GRADIENT = Name("readout.weight"), Name("readout.gradient")
_INSTANT, _LAST = Name("readout.instant"), Name("readout.last")


def lower_readout(
    observed: Observation,
    adjoint: AdjointSystem,
    columns: Columns | None,
    clock: Clock,
    where: str,
) -> ReadoutProgram:
    """What ``observed`` does in steps; ``columns`` takes what spikes must tape.

    Raises:
        UnsupportedError: where arrivals move what the loss reads in a way that no step can follow.
    """
    expressions = _Expressions(observed, clock)
    system, value = adjoint.system, convert(observed.value)
    integral = observed.density != 0
    delivered = expressions.statements(observed.delivered)
    at_ends = expressions.statements(observed.observed)
    half = (AddTo("readout.y", Multiply((Number(clock.dt / 2), _WEIGHT, value))),) * integral
    whole = (AddTo("readout.y", Multiply((_WEIGHT, Number(clock.dt), value))),) * integral
    reverse = _Drive(observed, adjoint, expressions, clock)
    y = None if observed.stepwise else expressions.expression(observed.y)
    spiked = expressions.statements(observed.spiked) if system.guard is not None else ()
    wanted = {n for e in (y, *(s.value for s in spiked)) if e is not None for n in names_in(e)}
    return ReadoutProgram(
        value=value,
        y=y,
        weight=convert(observed.density) if integral else None,
        buffers=expressions.buffers,
        delivered=delivered + half,
        observed=half + at_ends,
        sampled=_needed(whole + at_ends, wanted),
        spiked=spiked,
        tape_delivered=reverse.tape("start", reverse.at_start),
        tape_observed=reverse.tape("end", reverse.at_end),
        drive=reverse.at_end,
        drive_when=reverse.when,
        drive_delivered=reverse.at_start,
        spike=_spike(observed, adjoint, expressions, columns),
        count=expressions.optional(observed.count),
        arrival=expressions.optional(observed.arrival),
        arrivals=tuple(_arrivals(observed, adjoint, where)),
        after_reset=convert(system.after_reset(observed.value)) if observed.stepwise else None,
        stepwise=observed.stepwise,
        pooled=observed.pooled,
        spikes=observed.spikes,
    )


class _Expressions:
    """From sympy to nodes, instants being step numbers."""

    def __init__(self, observed: Observation, clock: Clock) -> None:
        self.clock = clock
        instants = {b.symbol.name for b in observed.buffers if b.kind == "instant"}
        self.integers = instants | {_INSTANT.id}
        self.whole = instants | {b.symbol.name for b in observed.buffers if b.kind == "count"}
        self.buffers = tuple(
            BufferProgram(b.symbol.name, self._typed(convert(b.initial), b.symbol.name), b.kind)
            for b in observed.buffers
        )

    def expression(self, e: sympy.Expr) -> Expr:
        """One expression."""
        instants = {convert(a): self._instant(a) for a in e.atoms(sympy.Function) if _is_at(a)}
        return rewritten(rewritten(convert(e), lambda n: instants.get(n, n)), self._rule)

    def optional(self, e: sympy.Expr) -> Expr | None:
        """One expression, or None for nothing."""
        return self.expression(e) if e != 0 else None

    def statements(self, moved: Mapping[sympy.Symbol, sympy.Expr]) -> tuple[Move, ...]:
        """Assignments in order; x = x + e as x += e."""
        return tuple(self._statement(s, sympy.sympify(e)) for s, e in moved.items())

    def _statement(self, symbol: sympy.Symbol, e: sympy.Expr) -> Move:
        if e.is_Add and symbol in parts(e):
            added = self._typed(self.expression(e - symbol), symbol.name)
            return AddTo(symbol.name, added)
        return Assign(symbol.name, self._typed(self.expression(e), symbol.name))

    def _typed(self, e: Expr, target: str) -> Expr:
        """Literals that go into a number of steps, or are counted, are whole."""
        match e:
            case Number(value) if target in self.whole:
                return Integer(int(value))
            case Select(condition, then, otherwise):
                return Select(condition, self._typed(then, target), self._typed(otherwise, target))
            case _:
                return e

    def _rule(self, e: Expr) -> Expr:
        match e:
            case Call("time_of", (x,)):
                return Call("time_of", (x, Number(self.clock.dt)))
            case Compare(relation, x, y) if self._counts_steps(x) or self._counts_steps(y):
                return Compare(relation, _as_integer(x), _as_integer(y))
            case _:
                return e

    def _counts_steps(self, e: Expr) -> bool:
        return isinstance(e, Name) and e.id in self.integers

    def _instant(self, application: sympy.Expr) -> Integer | Name:
        (time,) = parts(application)
        if time == DURATION:
            return _LAST
        duration = sympy.Float(self.clock.duration)
        return Integer(self.clock.nearest(float(substitute(time, {DURATION: duration}))))


class _Drive:
    """What a readout adds to the adjoints over a step: at its end, and at its start."""

    def __init__(
        self,
        observed: Observation,
        adjoint: AdjointSystem,
        expressions: _Expressions,
        clock: Clock,
    ) -> None:
        self.slopes = {
            adjoint.adjoints[x].name: sympy.diff(observed.value, x)
            for x in adjoint.system.states
            if sympy.diff(observed.value, x) != 0
        }
        self.states = set(adjoint.system.states)
        self.pulled = _at_offset(observed, adjoint)
        at_start: list[tuple[Expr, ...]] = []
        if observed.density != 0:
            at_start.append((Number(clock.dt / 2), _WEIGHT, _GRADIENT))
        if observed.stepwise:
            at_start.append((_GRADIENT,))
        self.when, pull = None, expressions.optional(observed.pull)
        if pull is not None and not at_start:
            self.when, pull = _uniform(pull)
        delivered = expressions.optional(observed.pull_delivered)
        self.at_start = tuple(self._statements(at_start, delivered, "start"))
        self.at_end = tuple(self._statements(at_start, pull, "end"))

    def tape(self, moment: str, read: Iterable[AddTo]) -> tuple[Assign, ...]:
        """∂value/∂x at a ``moment``, kept where it depends on the states."""
        names = {n for s in read for n in names_in(s.value)}
        columns = {f"readout.{moment}_{q}": convert(e) for q, e in self.slopes.items()}
        return tuple(Assign(name, e) for name, e in columns.items() if name in names)

    def _statements(
        self, over_time: list[tuple[Expr, ...]], pull: Expr | None, moment: str
    ) -> Iterator[AddTo]:
        """``over_time`` act on the value at the moment, ``pull`` on the one at its offset."""
        for q, slope in self.pulled.items():
            at_once = self.slopes.get(q)
            terms = [(t, at_once) for t in over_time if at_once is not None]
            terms += [] if pull is None else [((pull,), slope)]
            for term, moved in terms:
                taped = bool(symbols(moved) & self.states)
                factor = Name(f"readout.{moment}_{q}") if taped else convert(moved)
                factors = term if factor == Number(1.0) else (*term, factor)
                yield AddTo(q, factors[0] if len(factors) == 1 else Multiply(factors))


def _at_offset(observed: Observation, adjoint: AdjointSystem) -> dict[str, sympy.Expr]:
    """∂/∂x of the value at ``offset`` along the flow, by its Taylor series to third order."""
    system, derivative, value = adjoint.system, observed.value, observed.value
    if observed.offset != 0:
        for order in (1, 2, 3):
            terms = (sympy.diff(derivative, x) * f for x, f in system.flow.items())
            derivative = sympy.expand(sympy.Add(*terms))
            value = value + observed.offset**order / sympy.factorial(order) * derivative
    slopes = {adjoint.adjoints[x].name: sympy.diff(value, x) for x in system.states}
    return {q: sympy.horner(e) if observed.offset != 0 else e for q, e in slopes.items() if e != 0}


def _spike(
    observed: Observation,
    adjoint: AdjointSystem,
    expressions: _Expressions,
    columns: Columns | None,
) -> Expr | None:
    """∂l_p/∂t_k + l⁻ − l⁺: what moving a spike costs."""
    if columns is None or observed.density == 0:
        return expressions.optional(observed.spike)
    change = simplified(observed.value - adjoint.system.after_reset(observed.value))
    if change == 0:
        return expressions.optional(observed.spike)
    return Multiply((_GRADIENT, _WEIGHT, convert(columns(change, crossing=not adjoint.induced))))


def _arrivals(
    observed: Observation, adjoint: AdjointSystem, where: str
) -> Iterator[tuple[str, Expr]]:
    """L⁻ − l⁺ per unit of weight, where an arrival moves at once what is integrated."""
    if observed.density == 0 and not observed.stepwise:
        return
    for receptor in adjoint.system.receptors:
        change = sympy.Add(
            *(sympy.diff(observed.value, x) * e for x, e in receptor.arrival.items())
        )
        if change == 0:
            continue
        if observed.stepwise:
            raise UnsupportedError(
                f"arrivals at {receptor.name!r} move at once what the loss reads at every step",
                where=where,
                remedy="use exp or alpha synapses onto that population, or an integral readout",
            )
        if symbols(change) & set(adjoint.system.states):
            raise UnsupportedError(
                f"arrivals at {receptor.name!r} move at once what is integrated, and not in "
                "proportion "
                "to their weight",
                where=where,
                remedy="use exp or alpha synapses onto that population",
            )
        factor = convert(change)
        terms = (_WEIGHT, _GRADIENT) if factor == Number(1.0) else (_WEIGHT, _GRADIENT, factor)
        yield receptor.name, Negate(Multiply(terms))


def _uniform(pull: Expr) -> tuple[Compare | None, Expr]:
    """A pull of all neurons at one instant: its condition, and what it is when that holds."""
    match pull:
        case Select(Compare() as condition, then, Number(0.0)) if set(names_in(condition)) <= {
            _INSTANT.id,
            _LAST.id,
        }:
            return condition, then
        case _:
            return None, pull


def _needed(statements: Iterable[Move], names: set[str]) -> tuple[Move, ...]:
    """The statements on which ``names`` depend."""
    needed: list[Move] = []
    for statement in reversed(tuple(statements)):
        if statement.target in names:
            needed.append(statement)
            names |= set(names_in(statement.value))
    return tuple(reversed(needed))


def _is_at(application: sympy.Basic) -> bool:
    return application.func == instant_at


def _as_integer(e: Expr) -> Expr:
    return Integer(int(e.value)) if isinstance(e, Number) else e
