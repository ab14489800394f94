"""A spike in reverse: the tape's columns and the jump that reads them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.jump import guard_state
from genprop.adjoint.system import SEND
from genprop.equations.algebra import simplified, substitute, symbols
from genprop.errors import DescriptionError, UnsupportedError
from genprop.lower.convert import assignments, convert
from genprop.lower.crossing import GridCrossing, grid_crossing
from genprop.lower.given import RATE
from genprop.lower.nodes import Accumulate, Assign, Call, Divide, Name, Number, Statement
from genprop.lower.program import Induced, Refractory

if TYPE_CHECKING:
    from genprop.adjoint.system import AdjointSystem
    from genprop.lower.event_location import EventLocation

__all__ = ["MIN_CROSSING_RATE", "Columns", "SpikeProgram", "lower_spike", "with_jump"]

MIN_CROSSING_RATE = 1e-3
"""The guard is taken to be crossed at this rate [1/ms] at least.

Exact gradients diverge where a crossing grazes the threshold, and on a grid the rate at the end of
the step can even be negative.
"""

_RELEASED = "released"


@dataclass(frozen=True, slots=True)
class SpikeProgram:
    """What a population's program says about spikes; ``column`` collects the tape."""

    jump: tuple[Statement, ...]
    refractory: Refractory | None
    induced: Induced | None
    column: Columns


class Columns:
    """The spike's tape: states the reverse reads are replaced by columns kept at the spike.

    Sums of receptor states that enter only together (the total drive of a neuron) have one column.
    """

    def __init__(self, adjoint: AdjointSystem) -> None:
        self.population = adjoint.system.population
        self.states = frozenset(adjoint.system.states)
        self.drive = {
            name: e
            for name, e in adjoint.system.drive.items()
            if e.is_Add and symbols(e) & self.states
        }
        self.at_guard: dict[sympy.Symbol, sympy.Expr] = {}
        if adjoint.system.guard is not None and adjoint.system.linear:
            state, value = guard_state(adjoint.system)
            self.at_guard = {} if value is None else {state: value}
        self.expressions: dict[sympy.Symbol, sympy.Expr] = {}
        self.crossing: GridCrossing | None = None

    def __call__(self, expression: sympy.Expr, *, crossing: bool = True) -> sympy.Expr:
        """``expression``, of states just before the spike, as one of columns.

        ``crossing``: at the threshold, where the flow caused it; an arrival carries beyond it, and
        so does the rest of a step.
        """
        there = self.at_guard if crossing and self.crossing is None else {}
        expression = substitute(sympy.sympify(expression), there)
        for name, total in self.drive.items():
            first = min(symbols(total) & self.states, key=str)
            whole = sympy.Symbol(f"spike_{name}", real=True)
            trial = simplified(substitute(expression, {first: whole - (total - first)}))
            if (
                whole in trial.free_symbols
                and not trial.free_symbols & total.free_symbols & self.states
            ):
                self.expressions[whole] = total
                expression = trial
        for x in sorted(symbols(expression) & self.states, key=str):
            column = sympy.Symbol(f"spike_{x.name}", real=True)
            self.expressions[column] = x
            expression = substitute(expression, {x: column})
        if expression.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I):
            raise DescriptionError(
                "a spike has no adjoint: on the threshold or right after the reset, the flow, the "
                "reset or its slope is no finite real number",
                where=f"population {self.population}",
                remedy="let the reset lead to where the flow is finite",
            )
        return expression

    @property
    def tape(self) -> tuple[Assign, ...]:
        """The columns so far, as assignments from states."""
        columns = tuple(Assign(c.name, convert(e)) for c, e in self.expressions.items())
        return columns if self.crossing is None else (*columns, *self.crossing.tape)

    def at_crossing(self, expression: sympy.Expr) -> sympy.Expr:
        """``expression`` with the state that the guard determines put to its threshold."""
        return substitute(sympy.sympify(expression), self.at_guard)


def lower_spike(
    adjoint: AdjointSystem,
    learned: Collection[str],
    least_rate: float = MIN_CROSSING_RATE,
    step: float | None = None,
) -> SpikeProgram:
    """Jump, tape, refractoriness and induced spikes of one spiking population.

    The guard is taken to be crossed at ``least_rate`` [1/ms] at least, and where ``step`` [ms] is
    given and the guard determines a state, inside a step of that length.
    """
    columns, system = Columns(adjoint), adjoint.system
    if step is not None and columns.at_guard:
        columns.crossing = grid_crossing(system, step, least_rate, columns.at_crossing)
    parameters = [s for s, name in system.parameters.items() if name in learned]
    shift = sympy.Symbol("shift", real=True)
    statements: list[Statement] = _shift(adjoint, columns, least_rate)
    gradient, slopes = _guard_seen(adjoint, columns.crossing)
    for s in parameters:
        by_reset = adjoint.parameter_induced.get(s, sympy.S.Zero)
        value = columns(by_reset) - columns(slopes[s]) * shift
        if value != 0:
            statements.append(Accumulate(s.name, convert(sympy.expand(value))))
    moved = {
        adjoint.adjoints[x]: columns(adjoint.transfer[adjoint.adjoints[x]]) - columns(g) * shift
        for x, g in gradient.items()
    }
    statements += assignments(moved)
    induced = _induced(adjoint, parameters, columns) if adjoint.induced else None
    return SpikeProgram(tuple(statements), _refractory(adjoint, parameters), induced, columns)


def _shift(adjoint: AdjointSystem, columns: Columns, least_rate: float) -> list[Statement]:
    """−δt* of the crossing per unit of the guard: what it costs over how fast it is crossed."""
    speed, cost = _crossing(adjoint, columns)
    if columns.crossing is not None:
        return [Assign("shift", Divide(convert(columns(cost)), Name(RATE)))]
    rate = Call("max", (convert(columns(speed)), Number(least_rate)))
    shift = Divide(convert(columns(cost)), Name("rate"))
    return [Assign("rate", rate), Assign("shift", shift)]


def _guard_seen(
    adjoint: AdjointSystem, crossing: GridCrossing | None
) -> tuple[Mapping[sympy.Symbol, sympy.Expr], Mapping[sympy.Symbol, sympy.Expr]]:
    """The derivatives of the guard by state and by parameter, where the jump is taken."""
    if crossing is not None:
        return crossing.gradient, crossing.slopes
    system, slope = adjoint.system, adjoint.guard_gradient
    return {x: slope[adjoint.adjoints[x]] for x in system.states}, {
        s: sympy.diff(system.guard, s) for s in system.parameters
    }


def with_jump(
    location: EventLocation, adjoint: AdjointSystem, learned: Collection[str]
) -> EventLocation:
    """``location`` with what its spikes do to adjoints, of the states where they happen."""
    system, p = adjoint.system, adjoint.adjoints
    reset = {x: system.reset.get(x, x) for x in system.states}
    motion = zip(system.states, location.motion, strict=True)
    moving = {x: sympy.Symbol(name, real=True) for x, name in motion}
    slopes = {x: sympy.diff(system.guard, x) for x in system.states}
    shift = sympy.Symbol("shift", real=True)
    rate = sympy.Add(*(g * moving[x] for x, g in slopes.items()))
    cost = SEND + sympy.Add(*(p[x] * m for x, m in moving.items()))
    at_reset: list[Statement] = []
    at_guard: list[Statement] = [
        Assign("rate", Call("max", (convert(rate), Number(MIN_CROSSING_RATE)))),
        Assign(shift.name, Divide(convert(cost), Name("rate"))),
    ]
    for s, name in system.parameters.items():
        by_reset = sympy.Add(*(sympy.diff(h, s) * p[x] for x, h in reset.items()))
        by_guard = -sympy.diff(system.guard, s) * shift
        for value, statements in ((by_reset, at_reset), (by_guard, at_guard)):
            if name in learned and value != 0:
                statements.append(Accumulate(s.name, convert(value)))
    if system.refractory is not None and system.parameters[system.refractory] in learned:
        at_reset.append(Accumulate(system.refractory.name, Name(location.dL_dwait)))
    behind = {p[x]: sympy.Add(*(sympy.diff(h, x) * p[y] for y, h in reset.items())) for x in reset}
    return replace(
        location,
        rise=convert(sympy.Add(*(g * system.flow[x] for x, g in slopes.items()))),
        reset=(*at_reset, *assignments(behind)),
        crossing=(*at_guard, *assignments({p[x]: p[x] - g * shift for x, g in slopes.items()})),
    )


def _crossing(adjoint: AdjointSystem, columns: Columns) -> tuple[sympy.Expr, sympy.Expr]:
    """ġ and the cost of a spike.

    Linear flows have them at the threshold, where that determines a state; on the grid only ġ
    (``lower/crossing.py``). Others may run far
    beyond it by the end of the step: there both are taken where the state is. Along ẋ = f(x),
    δx/f(x) stays the same while δx alone grows with the upstroke, so the shift of the crossing is
    δx/f(x) at the end of the step, and not δx/f(threshold).
    """
    system = adjoint.system
    if columns.at_guard and columns.crossing is None:
        return adjoint.rate, adjoint.cost
    speed = sympy.Add(*(sympy.diff(system.guard, x) * f for x, f in system.flow.items()))
    return speed, adjoint.induced_cost


def _refractory(adjoint: AdjointSystem, parameters: list[sympy.Symbol]) -> Refractory | None:
    system = adjoint.system
    if system.refractory is None:
        return None
    tape: dict[sympy.Symbol, sympy.Expr] = {}
    value = sympy.S.Zero
    for x in system.held:
        column = sympy.Symbol(f"release_d{x.name}", real=True)
        tape[column] = system.flow[x]
        value -= adjoint.adjoints[x] * column
    backward: list[Statement] = [Assign(_RELEASED, convert(value))]
    if system.refractory in parameters:
        backward.append(Accumulate(system.refractory.name, Name(_RELEASED)))
    return Refractory(
        system.refractory.name,
        tuple(x.name for x in system.held),
        tuple(Assign(c.name, convert(e)) for c, e in tape.items()),
        tuple(backward),
    )


def _induced(adjoint: AdjointSystem, parameters: list[sympy.Symbol], columns: Columns) -> Induced:
    system = adjoint.system
    assert system.guard is not None  # a population that spikes
    guard = system.guard
    targets = [p for p in system.receptors if set(p.arrival) & guard.free_symbols]
    moved = {x for p in targets for x in p.arrival}
    if len(targets) != 1 or adjoint.induced_cost.free_symbols & moved:
        raise UnsupportedError(
            "an arrival may itself cross the threshold, and what that costs depends on the state "
            "it moves",
            where=f"population {system.population}",
            remedy="use one delta synapse per population, a reset to a fixed value, and no other "
            "flow of that state",
        )
    statements: list[Statement] = [Assign("induced_cost", convert(columns(adjoint.induced_cost)))]
    for s in parameters:
        if s in adjoint.parameter_induced:
            statements.append(Accumulate(s.name, convert(columns(adjoint.parameter_induced[s]))))
    statements += assignments({q: columns(e) for q, e in adjoint.transfer.items()})
    return Induced(targets[0].name, convert(guard), tuple(statements))
