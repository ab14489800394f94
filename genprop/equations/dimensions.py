"""Do the two sides of every equation have the same unit, and is the guard one that can work?

Sums are read from the outside in: each term must have the dimension that the left side asks for,
and the caret stands below the term that has not. A literal 0 fits every unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import singledispatch
from itertools import product

from genprop.describe.spec import Equation, NeuronSpec, QuantitySpec, SynapseSpec, UpdateSpec
from genprop.describe.text import CLOCK, CONSTANTS
from genprop.equations.guards import check_guard
from genprop.equations.syntax import Node, fault, names_in, place, read, read_guard
from genprop.errors import DimensionError, GenpropError, did_you_mean
from genprop.units import DIMENSIONLESS, Dimension, dimension_name

__all__ = ["check"]

_TIME: Dimension = (1, 0, 0)
_RATE: Dimension = (-1, 0, 0)
_COMMON: dict[str, Dimension] = {CLOCK: _TIME, **dict.fromkeys(CONSTANTS, DIMENSIONLESS)}
_ELSEWHERE: Mapping[str, str] = {
    "xi": "noise has no place in a flow, whose gradient is that of a smooth path: let a population "
    "of gp.spikes() send random spikes, new ones in each batch, or the same for a fixed path",
    "dt": "equations are of continuous time: leave dt to compile(…, dt=…)",
    "w": "a weight arrives in arrival=… of a synapse",
    "lastspike": "keep the time of a spike in a state: flow dt_s/dt = 0, reset t_s = t",
}
"""Names of other tools, and what stands for them here."""
_SAME_IN_SAME_OUT = ("abs", "max", "min")


@singledispatch
def check(spec: object, neuron: NeuronSpec | None = None) -> list[GenpropError]:
    """Every disagreement of units and every unknown name in a neuron, synapse or update.

    d(state)/dt has the dimension of state/time; the sides of a guard, a reset and an arrival agree;
    functions take dimensionless numbers. A guard must read a state and be false after its reset. A
    weight has the dimension of the state it is added to. Updates are of dimensionless numbers.

    Args:
        spec: the model.
        neuron: for synapses, the neuron whose states they may read and whose input they drive;
            without it, names of neither are taken on trust.
    """
    raise TypeError(f"{type(spec).__name__} has no equations to check")


@check.register
def _neuron(spec: NeuronSpec, neuron: NeuronSpec | None = None) -> list[GenpropError]:
    states = _dimensions(spec.states)
    scope = _Scope(
        _COMMON | states | _dimensions((*spec.parameters, *spec.inputs)), spec.parameters
    )
    found = [*scope.flows(spec.flow, states), *scope.sets(spec.reset, states)]
    if spec.spike is not None:
        guard = list(scope.guard(spec.spike))
        found += guard
        if not found:
            found += check_guard(spec)
    return found


@check.register
def _synapse(spec: SynapseSpec, neuron: NeuronSpec | None = None) -> list[GenpropError]:
    states = _dimensions(spec.states)
    known = states | _dimensions(spec.parameters)
    outside: dict[str, Dimension] = {}
    if neuron is not None:
        outside = _dimensions((*neuron.states, *neuron.parameters))
    scope = _Scope(_COMMON | outside | known, spec.parameters, strict=neuron is not None)
    found = list(scope.flows(spec.flow, states))
    if spec.output is not None:
        inputs = _dimensions(neuron.inputs) if neuron is not None else {}
        found += scope.side(spec.output, inputs.get(spec.input))
    moved = outside | states
    weight = moved.get(spec.arrival[0].target) if spec.arrival else None
    arriving = _Scope({**scope.known, "w": weight}, spec.parameters, strict=scope.strict)
    return found + list(arriving.sets(spec.arrival, moved))


@check.register
def _update(spec: UpdateSpec, neuron: NeuronSpec | None = None) -> list[GenpropError]:
    common: dict[str, Dimension | None] = dict.fromkeys(("g", "x", "n"), DIMENSIONLESS)
    targets = _dimensions(spec.states) | {"x": DIMENSIONLESS}
    scope = _Scope(
        common | dict.fromkeys(CONSTANTS, DIMENSIONLESS) | targets | _dimensions(spec.settings)
    )
    return list(scope.sets(spec.equations, targets))


def _dimensions(quantities: Iterable[QuantitySpec]) -> dict[str, Dimension]:
    return {q.name: q.dimension for q in quantities}


@dataclass(frozen=True, slots=True)
class _Scope:
    """Known names and their dimensions; None is one that fits every unit."""

    known: Mapping[str, Dimension | None]
    parameters: tuple[QuantitySpec, ...] = ()
    strict: bool = True

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
            remedy = _ELSEWHERE.get(node.text) or did_you_mean(node.text, self.known)
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


_OPERATIONS: Mapping[str, Callable[[_Scope, Node, Equation], Dimension | None]] = {
    "+": _Scope.alike,
    "-": _Scope.alike,
    "negate": _Scope.alike,
    "*": _Scope.times,
    "/": _Scope.times,
    "**": _Scope.power,
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
