"""One population in continuous time: rows of its linear flow, guard, arrivals and readouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.closed_forms import (
    FirstSpike,
    Highest,
    LossOverTime,
    SpikeCount,
    ValueAt,
    WeightedIntegral,
)
from genprop.adjoint.observation import DURATION
from genprop.equations.algebra import substitute, symbols
from genprop.errors import UnsupportedError
from genprop.lower.continuous import (
    Continuous,
    FinalValue,
    FirstSpikeTime,
    HighestValue,
    Row,
    SpikeNumber,
    StepMean,
    Tangent,
    View,
)
from genprop.lower.convert import convert

if TYPE_CHECKING:
    from genprop.adjoint.observation import Observation
    from genprop.equations.system import HybridSystem
    from genprop.lower.integrals import Integral

__all__ = ["continuous"]

Flow = Mapping[sympy.Symbol, sympy.Expr]


def continuous(
    system: HybridSystem,
    learned: Sequence[sympy.Symbol],
    observed: Sequence[tuple[str, Observation]],
    integrals: Mapping[str, Integral],
) -> Continuous:
    """The population as rows; ``learned`` parameters of the flow get tangents.

    Args:
        system: with its integrals as states.
        learned: parameters.
        observed: what the losses see, by their names.
        integrals: which states are their integrals.

    Raises:
        UnsupportedError: for a flow or guard that is not linear, or a readout without closed form.
    """
    _refuse_curved(system)
    tangents = tuple(_tangents(system, learned))
    columns = (*system.states, *(t.symbol for t in tangents))
    rows = _Rows(columns)
    free = dict(system.flow) | {t.symbol: t.flow(system.flow) for t in tangents}
    still = dict(system.held_flow)
    still |= {t.symbol: t.flow(system.held_flow) for t in tangents}
    held = {*system.held, *(t.symbol for t in tangents if t.state in system.held)}
    return Continuous(
        states=tuple(x.name for x in columns),
        flow=rows.all(free),
        held_flow=rows.all(still) if system.held else (),
        guard=rows.row(system.guard) if system.guard is not None else (),
        arrivals=tuple(
            (r.name, tuple(convert(r.arrival.get(x, sympy.S.Zero)) for x in columns))
            for r in system.receptors
        ),
        held=tuple(k for k, x in enumerate(columns) if x in held),
        tangents=tuple(
            Tangent(t.parameter.name, columns.index(t.state), columns.index(t.symbol))
            for t in tangents
        ),
        views=tuple(_view(loss, o, rows, integrals) for loss, o in observed),
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """Expressions that are linear in ``columns``, as rows."""

    columns: tuple[sympy.Symbol, ...]

    def row(self, e: sympy.Expr) -> Row:
        e = sympy.expand(e)
        slopes = [sympy.diff(e, x) for x in self.columns]
        rest = substitute(e, dict.fromkeys(self.columns, sympy.S.Zero), at_once=True)
        return tuple(convert(sympy.sympify(s)) for s in (*slopes, rest))

    def all(self, flow: Flow) -> tuple[Row, ...]:
        return tuple(self.row(flow[x]) for x in self.columns)


@dataclass(frozen=True, slots=True)
class _TangentOf:
    parameter: sympy.Symbol
    state: sympy.Symbol
    symbol: sympy.Symbol
    others: Mapping[sympy.Symbol, sympy.Symbol]

    def flow(self, flow: Flow) -> sympy.Expr:
        """D/dt ∂x/∂θ = Σ (∂f/∂x') ∂x'/∂θ + ∂f/∂θ."""
        f = flow[self.state]
        through = (sympy.diff(f, x) * y for x, y in self.others.items())
        return sympy.Add(sympy.diff(f, self.parameter), *through)


def _tangents(system: HybridSystem, learned: Sequence[sympy.Symbol]) -> Iterator[_TangentOf]:
    taken = {s.name for s in (*system.states, *system.parameters)}
    for parameter in learned:
        moved = {x for x in system.states if sympy.diff(system.flow[x], parameter) != 0}
        while more := {
            x for x in system.states if symbols(system.flow[x]) & moved and x not in moved
        }:
            moved |= more
        others: dict[sympy.Symbol, sympy.Symbol] = {}
        for x in (x for x in system.states if x in moved):
            name = f"d_{x.name}_d_{parameter.name}"
            while name in taken:
                name += "_"
            others[x] = sympy.Symbol(name, real=True)
        for x, symbol in others.items():
            yield _TangentOf(parameter, x, symbol, others)


def _view(loss: str, o: Observation, rows: _Rows, integrals: Mapping[str, Integral]) -> View:
    match o.closed_form:
        case WeightedIntegral():
            integral = integrals[loss]
            return FinalValue(loss, rows.row(integral.scale * integral.symbol))
        case LossOverTime():
            return StepMean(loss, rows.columns.index(integrals[loss].symbol))
        case ValueAt(time) if time == DURATION:
            return FinalValue(loss, rows.row(o.value))
        case Highest():
            return HighestValue(loss, rows.row(o.value))
        case FirstSpike():
            return FirstSpikeTime(loss)
        case SpikeCount():
            return SpikeNumber(loss)
        case _:
            raise UnsupportedError(
                "the exact clock knows integrals, maxima, the final value, first spikes and counts",
                where=f"loss term {loss}",
                remedy="compile(…, clock='grid')",
            )


def _refuse_curved(system: HybridSystem) -> None:
    states = set(system.states)
    slopes = [] if system.guard is None else [system.guard.diff(x) for x in system.states]
    if system.linear and not any(s.free_symbols & states for s in slopes):
        return
    raise UnsupportedError(
        f"the exact clock needs a {'guard' if system.linear else 'flow'} that is linear in the "
        "states",
        where=f"population {system.population}",
        remedy="compile(…, clock='grid')",
    )
