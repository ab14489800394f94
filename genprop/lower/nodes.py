"""Expressions of the Program: small typed trees that backends print or evaluate, free of sympy.

Names are local: a state, constant, tape column, adjoint or temporary of the population at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

__all__ = [
    "Accumulate",
    "Add",
    "Assign",
    "Call",
    "Compare",
    "Divide",
    "Expr",
    "Multiply",
    "Name",
    "Negate",
    "Number",
    "Power",
    "Select",
    "Statement",
    "names_in",
    "renamed",
]


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    value: float


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
    """exp, log, sqrt, sin, cos, tanh, abs, sign, min, max of arguments."""

    function: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """``x > y``, ``x >= y``, ``x < y``, ``x <= y`` or ``x == y``: a truth value."""

    relation: str
    x: Expr
    y: Expr


@dataclass(frozen=True, slots=True)
class Select:
    """``then`` where the condition holds, else ``otherwise``."""

    condition: Compare
    then: Expr
    otherwise: Expr


Expr = Number | Name | Negate | Add | Multiply | Divide | Power | Call | Compare | Select


@dataclass(frozen=True, slots=True)
class Assign:
    """``target = value``."""

    target: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Accumulate:
    """``parameter``'s gradient (by local name) += ``value``, per neuron."""

    parameter: str
    value: Expr


Statement = Assign | Accumulate
"""A line of a Program; lines run in order, and later ones see what earlier ones assigned."""


def names_in(expression: Expr) -> Iterator[str]:
    """Every name an expression reads, repeats included."""
    match expression:
        case Number():
            return
        case Name(id):
            yield id
        case Negate(x) | Power(x, _):
            yield from names_in(x)
        case Add(parts) | Multiply(parts) | Call(_, parts):
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
    match expression:
        case Number():
            return expression
        case Name(id):
            return Name(names.get(id, id))
        case Negate(x):
            return Negate(renamed(x, names))
        case Power(x, exponent):
            return Power(renamed(x, names), exponent)
        case Add(parts) | Multiply(parts):
            return type(expression)(tuple(renamed(part, names) for part in parts))
        case Call(function, arguments):
            return Call(function, tuple(renamed(a, names) for a in arguments))
        case Divide(x, y):
            return Divide(renamed(x, names), renamed(y, names))
        case Compare(relation, x, y):
            return Compare(relation, renamed(x, names), renamed(y, names))
        case Select(condition, then, otherwise):
            chosen = cast("Compare", renamed(condition, names))
            return Select(chosen, renamed(then, names), renamed(otherwise, names))
