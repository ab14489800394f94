"""The dimension of every piece of an equation, and the first piece that has not the one needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING

from genprop.equations.syntax import Node, fault, names_in, place, read, read_guard
from genprop.errors import DimensionError, GenpropError, did_you_mean
from genprop.units import DIMENSIONLESS, Dimension, dimension_name

if TYPE_CHECKING:
    from genprop.describe.spec import Equation, QuantitySpec

__all__ = ["Scope"]

_TIME: Dimension = (1, 0, 0)
_RATE: Dimension = (-1, 0, 0)
_ELSEWHERE: Mapping[str, str] = {
    "xi": "noise has no place in a flow, whose gradient is that of a smooth path: let a population "
    "of gp.spikes() send random spikes, new ones in each batch, or the same for a fixed path",
    "dt": "equations are of continuous time: leave dt to compile(…, dt=…)",
    "w": "a weight arrives in arrival=… of a synapse",
    "lastspike": "keep the time of a spike in a state: flow dt_s/dt = 0, reset t_s = t",
}
"""Names of other tools, and what stands for them here."""
_SAME_IN_SAME_OUT = ("abs", "max", "min")


@dataclass(frozen=True, slots=True)
class Scope:
    """Known names and their dimensions; None is one that fits every unit."""

    known: Mapping[str, Dimension | None]
    parameters: tuple[QuantitySpec, ...] = ()
    strict: bool = True
    elsewhere: Mapping[str, str] = field(default_factory=lambda: _ELSEWHERE)

    def flows(
        self, equations: Iterable[Equation], states: Mapping[str, Dimension]
    ) -> Iterator[GenpropError]:
        """The right side of dx/dt is x per time."""
        for equation in equations:
            t, v, i = states.get(equation.target, DIMENSIONLESS)
            for found in self.side(equation, (t - 1, v, i)):
                unit = isinstance(found, DimensionError) and not found.remedy
                yield self._timed(found, equation, (t - 1, v, i)) if unit else found

    def _timed(self, found: GenpropError, equation: Equation, expected: Dimension) -> GenpropError:
        """The same fault of a flow with what to write instead, in the names of its author."""
        if remedy := self._units_that_fit(equation, expected):
            return type(found)(found.what, where=found.where, remedy=remedy)
        times = [q.name for q in self.parameters if q.dimension == _TIME]
        by = f"as by {times[0]}" if times else "as by tau with parameters=dict(tau=20*ms)"
        remedy = f"a flow is per time: divide by a time, {by}"
        return type(found)(found.what, where=found.where, remedy=remedy)

    def sets(
        self, equations: Iterable[Equation], states: Mapping[str, Dimension]
    ) -> Iterator[GenpropError]:
        """The right side of x = … is like x."""
        for equation in equations:
            yield from self.side(equation, states.get(equation.target))

    def _units_that_fit(self, equation: Equation, expected: Dimension) -> str:
        """Which numbers would make the sides agree if they were times or rates; the fewest."""
        read_by_it = set(names_in(read(equation)))
        bare = [q for q in self.parameters if q.name in read_by_it and q.dimension == DIMENSIONLESS]
        guesses = product((DIMENSIONLESS, _TIME, _RATE), repeat=len(bare[:4]))
        for guess in sorted(guesses, key=lambda g: sum(d != DIMENSIONLESS for d in g)):
            units = dict(zip((q.name for q in bare), guess, strict=False))
            other = replace(self, known={**self.known, **units})
            if not [*other.side(equation, expected)]:
                suffix = {_TIME: "*ms", _RATE: "/ms"}
                given = [
                    f"{q.name} = {q.value:g}{suffix[units[q.name]]}"
                    for q in bare[:4]
                    if units[q.name] in suffix
                ]
                return f"give {' and '.join(given)} (from genprop import ms)"
        return ""

    def side(self, equation: Equation, expected: Dimension | None) -> Iterator[GenpropError]:
        """One right side against the dimension that the left side asks for."""
        try:
            self.require(read(equation), expected, equation)
        except GenpropError as found:
            yield found

    def guard(self, equation: Equation) -> Iterator[GenpropError]:
        """The two sides of a guard agree."""
        try:
            left, right = read_guard(equation)
            self.require(right, self.infer(left, equation), equation)
        except GenpropError as found:
            yield found

    def require(self, node: Node, expected: Dimension | None, equation: Equation) -> None:
        """Refuse the first term of ``node`` that has not the expected dimension."""
        if node.kind in ("+", "-", "negate") and expected is not None:
            for operand in node.operands:
                self.require(operand, expected, equation)
            return
        found = self.infer(node, equation)
        if found is not None and expected is not None and found != expected:
            raise _clash(node, found, expected, equation)

    def infer(self, node: Node, equation: Equation) -> Dimension | None:
        """The dimension of a piece; None where every unit fits."""
        if node.kind == "number":
            return None if float(node.text) == 0.0 else DIMENSIONLESS
        if node.kind == "name":
            return self._name(node, equation)
        if node.kind == "call":
            return self._call(node, equation)
        return _OPERATIONS[node.kind](self, node, equation)

    def _name(self, node: Node, equation: Equation) -> Dimension | None:
        if node.text not in self.known:
            if not self.strict:
                return None
            remedy = self.elsewhere.get(node.text) or did_you_mean(node.text, self.known)
            raise fault(f"unknown name {node.text!r}", equation, node.start, remedy)
        return self.known[node.text]

    def _call(self, node: Node, equation: Equation) -> Dimension | None:
        if node.text in _SAME_IN_SAME_OUT:
            return self.alike(node, equation)
        inner = self.infer(node.operands[0], equation)
        if node.text == "sign":
            return DIMENSIONLESS
        if node.text == "sqrt":
            return None if inner is None else _power(node, inner, 0.5, equation)
        if inner not in (None, DIMENSIONLESS):
            alike = [q.name for q in self.parameters if q.dimension == inner]
            by = f"as {node.text}(…/{alike[0]})" if alike else "a parameter of your own"
            raise DimensionError(
                f"{node.text} takes a dimensionless number, this is in {dimension_name(inner)}",
                where=place(equation, _start(node.operands[0])),
                remedy=f"divide by a quantity of the same unit, {by}",
            )
        return DIMENSIONLESS

    def alike(self, node: Node, equation: Equation) -> Dimension | None:
        """The common dimension of all operands."""
        common: Dimension | None = None
        for operand in node.operands:
            if common is None:
                common = self.infer(operand, equation)
            else:
                self.require(operand, common, equation)
        return common

    def times(self, node: Node, equation: Equation) -> Dimension | None:
        """Exponents add (or, for a quotient, subtract)."""
        a, b = (self.infer(operand, equation) for operand in node.operands)
        if a is None or b is None:
            return None
        sign = 1 if node.kind == "*" else -1
        return (a[0] + sign * b[0], a[1] + sign * b[1], a[2] + sign * b[2])

    def power(self, node: Node, equation: Equation) -> Dimension | None:
        """A quantity may be raised to a literal power, a dimensionless number to any such one."""
        base = self.infer(node.operands[0], equation)
        exponent = _literal(node.operands[1])
        if exponent is not None:
            return None if base is None else _power(node, base, exponent, equation)
        self.require(node.operands[1], DIMENSIONLESS, equation)
        if base not in (None, DIMENSIONLESS):
            raise DimensionError(
                f"a quantity in {dimension_name(base)} has a power that is no literal number",
                where=place(equation, _start(node.operands[1])),
                remedy="write the power as a number, or make the base a dimensionless number",
            )
        return DIMENSIONLESS


_OPERATIONS: Mapping[str, Callable[[Scope, Node, Equation], Dimension | None]] = {
    "+": Scope.alike,
    "-": Scope.alike,
    "negate": Scope.alike,
    "*": Scope.times,
    "/": Scope.times,
    "**": Scope.power,
}


def _literal(node: Node) -> float | None:
    if node.kind == "number":
        return float(node.text)
    if node.kind == "negate":
        inner = _literal(node.operands[0])
        return None if inner is None else -inner
    return None


def _power(node: Node, base: Dimension, exponent: float, equation: Equation) -> Dimension:
    raised = [exponent * part for part in base]
    if any(part != round(part) for part in raised):
        raise DimensionError(
            f"the power {exponent:g} of a quantity in {dimension_name(base)} has no unit",
            where=place(equation, _start(node)),
        )
    t, v, i = (round(part) for part in raised)
    return (t, v, i)


def _start(node: Node) -> int:
    """Where a piece begins."""
    return min((node.start, *(_start(operand) for operand in node.operands)))


def _clash(node: Node, found: Dimension, expected: Dimension, equation: Equation) -> DimensionError:
    return DimensionError(
        f"this is in {_unit(found)}, where {_unit(expected)} is needed",
        where=place(equation, _start(node)),
    )


def _unit(dimension: Dimension) -> str:
    name = dimension_name(dimension)
    return "dimensionless numbers (1)" if name == "1" else name
