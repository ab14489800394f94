"""The stages of Runge–Kutta sub-steps, their reverse, and how they move with their length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import sympy

from genprop.equations.algebra import substitute, symbols
from genprop.lower.convert import convert
from genprop.lower.nodes import (
    Accumulate,
    Add,
    All,
    Assign,
    Call,
    Compare,
    Expr,
    Multiply,
    Name,
    Negate,
    Number,
    Select,
    Statement,
)

if TYPE_CHECKING:
    from genprop.adjoint.system import AdjointSystem

__all__ = ["FreshNames", "Stages", "tolerances"]

Flow = Mapping[sympy.Symbol, sympy.Expr]
Line = tuple[sympy.Symbol, sympy.Expr]

TOLERANCE, COARSE = 1e-4, 2e-3
"""By how much the last slope of a sub-step may differ from the slope at its end, relative to the
largest of the sub-step: a difference of the third order in its length. Steps by parts keep the
first, those of one length for all the second, both times (h / 0.5 ms)² where sub-steps of h ms are
shorter than that, so that what they leave falls faster than the square of dt."""
CURVATURE = 0.1
"""By how much slopes on the way to the threshold may bend, relative to the largest: k₁ − k₂ − k₃
+ k₄ is of the second order, and all there is to see where a slope depends on g alone."""
_ROUNDING = 1e-6
"""Changes of a state that are smaller than this part of it, and times smaller than this part of a
sub-step, need no accuracy."""


_LARGEST = 1e37
"""Whatever moves a state further than this is no number."""


def tolerances(longest: float) -> tuple[float, float]:
    """``TOLERANCE`` and ``COARSE`` for sub-steps of at most ``longest`` [ms]."""
    scale = min(1.0, longest / 0.5) ** 2
    return TOLERANCE * scale, COARSE * scale


class FreshNames:
    """Names that the author of a model has not given, nor are those of adjoints."""

    def __init__(self, adjoint: AdjointSystem) -> None:
        system = adjoint.system
        self.taken = {
            s.name for s in (*system.states, *system.parameters, *adjoint.adjoints.values())
        }
        self.length = self.new("length")
        self.elapsed = self.new("elapsed")
        self.accurate = self.new("accurate")
        self.dL_dlength = self.new("dL_dlength")
        self.dL_delapsed = self.new("dL_delapsed")
        self.dL_dwait = self.new("dL_dwait")
        self.motion = {x: self.new(f"motion_{x.name}") for x in system.states}

    def new(self, name: str) -> sympy.Symbol:
        """A symbol called ``name``, or that and some underscores."""
        while name in self.taken or f"bar_{name}" in self.taken:
            name += "_"
        self.taken |= {name, f"bar_{name}"}
        return sympy.Symbol(name, real=True)


class Stages:
    """The stages of some sub-steps as single assignments of fresh symbols.

    The sub-steps are of ``size`` [ms]; without one, a single one's length is a variable.
    ``climbing`` (the longest sub-step, ms), its length is instead the part of the way to the
    threshold that it goes: with g as independent variable, dx/dg = f/ġ and dt/dg = 1/ġ, which stay
    smooth where the state runs away.
    """

    def __init__(
        self,
        adjoint: AdjointSystem,
        flow: Flow,
        size: float | None = None,
        count: int = 1,
        *,
        climbing: float = 0.0,
    ) -> None:
        self.longest, self.climbing = climbing, climbing > 0
        self.adjoint, self.flow = adjoint, dict(flow)
        self.system = adjoint.system
        self.names = FreshNames(adjoint)
        self.lines: list[Line] = []
        self.slopes: list[list[dict[sympy.Symbol, sympy.Symbol]]] = []
        self.ends: list[dict[sympy.Symbol, sympy.Expr]] = []
        self.paces: list[sympy.Symbol] = []
        self.now: dict[sympy.Symbol, sympy.Expr] = {x: x for x in self.system.states}
        self.guard = sympy.sympify(self.system.guard or 0)
        self.bar: dict[sympy.Symbol, sympy.Symbol] = dict(adjoint.adjoints)
        self.variable = size is None
        self.size = self.names.length if size is None else sympy.Float(size)
        if climbing:
            self.size = self._assign("climb", -self.names.length * self.guard)
            self.flow[self.names.elapsed] = sympy.S.One
            self.now[self.names.elapsed] = sympy.S.Zero
            self.bar[self.names.elapsed] = self.names.dL_delapsed
        self.start = dict(self.now)
        self.states = [x for x in self.now if self.flow[x] != 0]
        for part in range(1, count + 1):
            self._part(part)

    def _assign(self, name: str, value: sympy.Expr) -> sympy.Symbol:
        symbol = self.names.new(name)
        self.lines.append((symbol, value))
        return symbol

    def _part(self, part: int) -> None:
        start = dict(self.now)
        slopes: list[dict[sympy.Symbol, sympy.Symbol]] = []
        for stage, reach in enumerate((0.0, 0.5, 0.5, 1.0), 1):
            at = {
                x: self._assign(
                    f"{x.name}_{part}_{stage}", start[x] + reach * self.size * slopes[-1][x]
                )
                if stage > 1
                else start[x]
                for x in self.states
            }
            slopes.append(self._slopes(start | at, f"{part}_{stage}"))
        for x in self.states:
            rise = slopes[0][x] + 2 * slopes[1][x] + 2 * slopes[2][x] + slopes[3][x]
            self.now[x] = self._assign(f"{x.name}_{part}", start[x] + self.size / 6 * rise)
        self.slopes.append(slopes)
        self.ends.append(dict(self.now))

    def _slopes(
        self, at: Mapping[sympy.Symbol, sympy.Expr], which: str
    ) -> dict[sympy.Symbol, sympy.Symbol]:
        pace = self._pace(at, which) if self.climbing else sympy.S.One
        return {
            x: self._assign(
                f"slope_{x.name}_{which}", pace * substitute(self.flow[x], at, at_once=True)
            )
            for x in self.states
        }

    def _pace(self, at: Mapping[sympy.Symbol, sympy.Expr], which: str) -> sympy.Symbol:
        """1/ġ; 0, with which no sub-step may stand, where no flow moves g."""
        guard = self.guard
        rise = sympy.Add(*(sympy.diff(guard, x) * self.flow[x] for x in self.system.states))
        there = substitute(rise, at, at_once=True)
        pace = sympy.S.Zero if there.is_zero else 1 / there
        self.paces.append(self._assign(f"pace_{which}", pace))
        return self.paces[-1]

    @property
    def assignments(self) -> list[Assign]:
        """The lines so far."""
        return [Assign(s.name, convert(e)) for s, e in self.lines]

    def results(self) -> list[Assign]:
        """Where each state ends."""
        return [Assign(x.name, convert(end)) for x, end in self.now.items() if end != x]

    def checked(self, tolerance: float, *, below: bool) -> Assign:
        """Whether the sub-steps may stand: 1 or 0; what is no number may not.

        ``below``: only if all end below the threshold.
        """
        conditions: list[Compare] = []
        starts = [self.start, *self.ends]
        for part, slopes in enumerate(self.slopes):
            follow = self.slopes[part + 1][0] if part + 1 < len(self.slopes) else None
            last = follow or self._slopes(self.ends[part], f"{part + 1}_5")
            for x in self.states:
                ends = tuple(convert(e) for e in (starts[part][x], self.ends[part][x]))
                found = [Name(k[x].name) for k in (*slopes, last)]
                conditions += self._accurate(found, ends, tolerance)
            if below:
                end = convert(substitute(self.guard, self.ends[part], at_once=True))
                conditions.append(Compare("<=", end, Number(0.0)))
        conditions += [Compare(">", Name(pace.name), Number(0.0)) for pace in self.paces]
        sound = Select(All(tuple(conditions)), Number(1.0), Number(0.0))
        return Assign(self.names.accurate.name, sound)

    def _accurate(
        self, slopes: Sequence[Expr], ends: tuple[Expr, ...], tolerance: float
    ) -> Iterator[Compare]:
        """h|k₄ − k₅| ≤ tolerance · h max|k| + 10⁻⁶ max|x|, k₅ the slope at the sub-step's end."""
        first, second, third, fourth, fifth = slopes
        size = convert(self.size)
        largest = Call("max", tuple(Call("abs", (k,)) for k in slopes))
        state = Call("max", tuple(Call("abs", (x,)) for x in ends))
        if ends[0] == Number(0.0):  # no state, but time
            state = Number(self.longest)
        bends = [(tolerance, Add((fourth, Negate(fifth))))]
        if self.climbing:
            bends.append((CURVATURE, Add((first, Negate(second), Negate(third), fourth))))
        for part, bend in bends:
            bound = Add(
                (Multiply((Number(part), size, largest)), Multiply((Number(_ROUNDING), state)))
            )
            finite = Call("min", (bound, Number(_LARGEST)))  # ∞ ≤ ∞ would hold
            yield Compare("<=", Multiply((size, Call("abs", (bend,)))), finite)

    def reverse(self, parameters: Sequence[sympy.Symbol]) -> tuple[list[Assign], list[Statement]]:
        """∂L/∂ each line's symbol, last line first; and the gradients that come of it.

        Where the length is a variable, that of ∂L/∂length is assigned.
        """
        length = self.names.length
        lines: list[Assign] = []
        bar: dict[sympy.Expr, sympy.Expr] = {end: self.bar[x] for x, end in self.now.items()}
        totals: dict[sympy.Symbol, sympy.Expr] = {s: sympy.S.Zero for s in (*parameters, length)}
        for symbol, value in reversed(self.lines):
            if symbol not in bar:
                continue
            name = sympy.Symbol(f"bar_{symbol.name}", real=True)
            lines.append(Assign(name.name, convert(bar.pop(symbol))))
            for source in sorted(symbols(value), key=str):
                slope = name * sympy.diff(value, source)
                if source in totals:
                    totals[source] += slope
                elif source not in self.system.parameters:
                    bar[source] = bar.get(source, sympy.S.Zero) + slope
        by_length = totals.pop(length)
        results: list[Statement] = []
        if self.variable and not self.climbing:
            results.append(Assign(self.names.dL_dlength.name, convert(by_length)))
        results += [Accumulate(s.name, convert(e)) for s, e in totals.items() if e != 0]
        results += [
            Assign(self.bar[x].name, convert(bar.get(x, sympy.S.Zero)))
            for x in self.system.states
            if self.now[x] != x or self.climbing
        ]
        return lines, results

    def tangent(self) -> tuple[list[Assign], list[Assign]]:
        """∂/∂length of each line that moves with it; and of the states at the end."""
        length = self.names.length
        lines: list[Assign] = []
        moving: dict[sympy.Expr, sympy.Symbol] = {}
        for symbol, value in self.lines:
            rate = sympy.diff(value, length) + sympy.Add(
                *(sympy.diff(value, s) * m for s, m in moving.items() if s in value.free_symbols)
            )
            if rate != 0:
                moving[symbol] = self.names.new(f"motion_{symbol.name}")
                lines.append(Assign(moving[symbol].name, convert(rate)))
        motion = self.names.motion
        return lines, [
            Assign(motion[x].name, convert(moving.get(end, sympy.S.Zero)))
            for x, end in self.now.items()
        ]
