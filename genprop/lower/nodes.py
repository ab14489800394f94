"""Expressions of the Program: small typed trees that backends print or evaluate, free of sympy.

Names are local: a state, constant, tape column, adjoint or temporary of the population at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

__all__ = [
    "Accumulate",
    "Add",
    "AddTo",
    "All",
    "Assign",
    "Call",
    "Compare",
    "Condition",
    "Divide",
    "Expr",
    "Integer",
    "Move",
    "Multiply",
    "Name",
    "Negate",
    "Number",
    "Power",
    "Select",
    "Statement",
    "names_in",
    "renamed",
    "rewritten",
]


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    value: float


@dataclass(frozen=True, slots=True)
class Integer:
    """A literal of the numbers that count steps."""

    value: int


@dataclass(frozen=True, slots=True)
class Name:
    """The value of a state, constant, tape column, adjoint or temporary."""

    id: str


@dataclass(frozen=True, slots=True)
class Negate:
    """−x."""

    x: Expr


@dataclass(frozen=True, slots=True)
class Add:
    """x₁ + x₂ + … ."""

    terms: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Multiply:
    """x₁ · x₂ · … ."""

    factors: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Divide:
    """x / y."""

    x: Expr
    y: Expr


@dataclass(frozen=True, slots=True)
class Power:
    """x to a literal power."""

    x: Expr
    exponent: float


@dataclass(frozen=True, slots=True)
class Call:
    """exp, log, sqrt, sin, cos, tanh, abs, sign, min, max of arguments.

    ``time_of`` is the time [ms] of an instant, its step number and dt being the arguments;
    ``shift`` moves the bits of an integer to the right, by so many.
    """

    function: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """``x > y``, ``x >= y``, ``x < y``, ``x <= y``, ``x == y`` or ``x != y``: a truth value."""

    relation: str
    x: Expr
    y: Expr


@dataclass(frozen=True, slots=True)
class All:
    """Whether all conditions hold."""

    conditions: tuple[Compare, ...]


Condition = Compare | All


@dataclass(frozen=True, slots=True)
class Select:
    """``then`` where the condition holds, else ``otherwise``."""

    condition: Condition
    then: Expr
    otherwise: Expr


Expr = (
    Number
    | Integer
    | Name
    | Negate
    | Add
    | Multiply
    | Divide
    | Power
    | Call
    | Compare
    | All
    | Select
)


@dataclass(frozen=True, slots=True)
class Assign:
    """``target = value``."""

    target: str
    value: Expr


@dataclass(frozen=True, slots=True)
class AddTo:
    """``target += value``."""

    target: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Accumulate:
    """``parameter``'s gradient (by local name) += ``value``, per neuron."""

    parameter: str
    value: Expr


Move = Assign | AddTo
"""A line that changes a number by name."""
Statement = Move | Accumulate
"""A line of a Program; lines run in order, and later ones see what earlier ones assigned."""


def names_in(expression: Expr) -> Iterator[str]:
    """Every name an expression reads, repeats included."""
    match expression:
        case Number() | Integer():
            return
        case Name(id):
            yield id
        case Negate(x) | Power(x, _):
            yield from names_in(x)
        case Add(parts) | Multiply(parts) | Call(_, parts) | All(parts):
            for part in parts:
                yield from names_in(part)
        case Divide(x, y) | Compare(_, x, y):
            yield from names_in(x)
            yield from names_in(y)
        case Select(condition, then, otherwise):
            yield from names_in(condition)
            yield from names_in(then)
            yield from names_in(otherwise)


def renamed(expression: Expr, names: Mapping[str, str]) -> Expr:
    """The same expression with its names replaced by those they map to, where they map."""

    def rule(e: Expr) -> Expr:
        return Name(names.get(e.id, e.id)) if isinstance(e, Name) else e

    return rewritten(expression, rule)


def rewritten(expression: Expr, rule: Callable[[Expr], Expr]) -> Expr:
    """``expression`` with ``rule`` applied to every part, the innermost first."""

    def inner(e: Expr) -> Expr:
        return rewritten(e, rule)

    match expression:
        case Number() | Integer() | Name():
            return rule(expression)
        case Negate(x):
            return rule(Negate(inner(x)))
        case Power(x, exponent):
            return rule(Power(inner(x), exponent))
        case Add(terms):
            return rule(Add(tuple(map(inner, terms))))
        case Multiply(factors):
            return rule(Multiply(tuple(map(inner, factors))))
        case Call(function, arguments):
            return rule(Call(function, tuple(map(inner, arguments))))
        case Divide(x, y):
            return rule(Divide(inner(x), inner(y)))
        case Compare(relation, x, y):
            return rule(Compare(relation, inner(x), inner(y)))
        case All(conditions):
            return rule(All(tuple(cast("Compare", inner(c)) for c in conditions)))
        case Select(condition, then, otherwise):
            where = cast("Condition", inner(condition))
            return rule(Select(where, inner(then), inner(otherwise)))
