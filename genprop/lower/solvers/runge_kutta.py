"""Classical fourth-order Runge–Kutta for flows that are not linear, with sub-steps.

The reverse is the exact adjoint of the step: the stages are computed again from the taped state and
run backwards line by line, so that parameters and states get the derivative of the very map that
was run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import sympy

from genprop.equations.algebra import substitute, symbols
from genprop.lower.convert import convert
from genprop.lower.nodes import Accumulate, Assign, Statement, names_in
from genprop.lower.solvers.base import DEFAULT_SUBSTEPS, Solution

if TYPE_CHECKING:
    from genprop.adjoint.system import AdjointSystem

__all__ = ["steps"]

Flow = Mapping[sympy.Symbol, sympy.Expr]
Line = tuple[sympy.Symbol, sympy.Expr]


def steps(adjoint: AdjointSystem, learned: frozenset[str], dt: float, substeps: int) -> Solution:
    """The Runge–Kutta step of a population in ``substeps`` parts (2 by default)."""
    system = adjoint.system
    parameters = tuple(s for s, name in system.parameters.items() if name in learned)
    count = substeps or DEFAULT_SUBSTEPS
    step, backward = _both(adjoint, system.flow, parameters, dt / count, count)
    tape = tuple(x.name for x in system.states)
    if not system.held:
        return Solution(step, (), backward, (), tape, ())
    held_step, held_backward = _both(adjoint, system.held_flow, parameters, dt / count, count)
    return Solution(step, held_step, backward, held_backward, tape, ())


def _both(
    adjoint: AdjointSystem, flow: Flow, parameters: tuple[sympy.Symbol, ...], h: float, count: int
) -> tuple[tuple[Assign, ...], tuple[Statement, ...]]:
    """The step, and the same stages again with their reverse."""
    lines, ends = _stages(adjoint, flow, h, count)
    moving = [x for x in adjoint.system.states if ends[x] != x]
    stages = [Assign(s.name, convert(e)) for s, e in lines]
    last = [Assign(x.name, convert(ends[x])) for x in moving]
    reverse, results = _reverse(adjoint, parameters, lines, ends)
    again = [*stages, *reverse]
    return (*_needed(stages, last), *last), (*_needed(again, results), *results)


def _stages(
    adjoint: AdjointSystem, flow: Flow, h: float, count: int
) -> tuple[list[Line], dict[sympy.Symbol, sympy.Symbol]]:
    """The stages as single assignments of fresh symbols, and where each state ends."""
    states = [x for x in adjoint.system.states if flow[x] != 0]
    now: dict[sympy.Symbol, sympy.Symbol] = {x: x for x in adjoint.system.states}
    lines: list[Line] = []
    size = sympy.Float(h)
    taken = _names_of(adjoint)

    def assign(name: str, value: sympy.Expr) -> sympy.Symbol:
        while name in taken or f"bar_{name}" in taken:
            name += "_"
        taken.update((name, f"bar_{name}"))
        symbol = sympy.Symbol(name, real=True)
        lines.append((symbol, value))
        return symbol

    for part in range(1, count + 1):
        start = dict(now)
        slopes: list[dict[sympy.Symbol, sympy.Symbol]] = []
        for stage, reach in enumerate((0.0, 0.5, 0.5, 1.0), 1):
            at = {
                x: assign(f"{x.name}_{part}_{stage}", start[x] + reach * size * slopes[-1][x])
                if stage > 1
                else start[x]
                for x in states
            }
            slopes.append(
                {
                    x: assign(
                        f"slope_{x.name}_{part}_{stage}",
                        substitute(flow[x], start | at, at_once=True),
                    )
                    for x in states
                }
            )
        for x in states:
            rise = slopes[0][x] + 2 * slopes[1][x] + 2 * slopes[2][x] + slopes[3][x]
            now[x] = assign(f"{x.name}_{part}", start[x] + size / 6 * rise)
    return lines, now


def _names_of(adjoint: AdjointSystem) -> set[str]:
    """What the model's own author has named, and the adjoints of it."""
    system = adjoint.system
    return {s.name for s in (*system.states, *system.parameters, *adjoint.adjoints.values())}


def _reverse(
    adjoint: AdjointSystem,
    parameters: tuple[sympy.Symbol, ...],
    lines: list[Line],
    ends: Mapping[sympy.Symbol, sympy.Symbol],
) -> tuple[list[Assign], list[Statement]]:
    """∂L/∂ each line's symbol, last line first; and the gradients that come of it."""
    lines_back: list[Assign] = []
    bar: dict[sympy.Symbol, sympy.Expr] = {ends[x]: adjoint.adjoints[x] for x in ends}
    totals: dict[sympy.Symbol, sympy.Expr] = dict.fromkeys(parameters, sympy.S.Zero)
    for symbol, value in reversed(lines):
        if symbol not in bar:
            continue
        name = sympy.Symbol(f"bar_{symbol.name}", real=True)
        lines_back.append(Assign(name.name, convert(bar.pop(symbol))))
        for source in sorted(symbols(value), key=str):
            slope = name * sympy.diff(value, source)
            if source in totals:
                totals[source] += slope
            elif source not in adjoint.system.parameters:
                bar[source] = bar.get(source, sympy.S.Zero) + slope
    results: list[Statement] = [Accumulate(s.name, convert(e)) for s, e in totals.items() if e != 0]
    results += [
        Assign(adjoint.adjoints[x].name, convert(bar.get(x, sympy.S.Zero)))
        for x in adjoint.system.states
        if ends[x] != x
    ]
    return lines_back, results


def _needed(lines: Sequence[Assign], results: Sequence[Statement]) -> Iterator[Assign]:
    """Those ``lines`` that the ``results`` read, directly or through other lines."""
    read = {name for result in results for name in names_in(result.value)}
    needed: list[Assign] = []
    for line in reversed(lines):
        if line.target in read:
            needed.append(line)
            read |= set(names_in(line.value))
    return reversed(needed)
