"""A Program as text, to read and to compare: one line per statement, nothing that is empty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import get_args

from genprop.lower.nodes import (
    Accumulate,
    Add,
    AddTo,
    All,
    Assign,
    Call,
    Compare,
    Divide,
    Expr,
    Integer,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    Select,
    Statement,
)

__all__ = ["expression", "listing", "statement"]

_EXPRESSIONS: tuple[type, ...] = get_args(Expr)
_KINDS = {
    "Program": "program",
    "UsedParameter": "parameter",
    "PropagatorDerivative": "derivative",
    "ExactClock": "exact clock",
    "TimeGrid": "clock",
}
_SUM, _PRODUCT, _UNARY, _ATOM = 1, 2, 3, 4


def listing(value: object, title: str = "") -> str:
    """A frozen dataclass of the Program, field by field; parts that hold parts are indented."""
    return "\n".join(_block(value, title or _title(value)))


def statement(s: Statement) -> str:
    """``v = a*v``, ``y += v`` or, for a gradient, ``gradient(tau) += …``."""
    if isinstance(s, Accumulate):
        return f"gradient({s.parameter}) += {expression(s.value)}"
    sign = "+=" if isinstance(s, AddTo) else "="
    return f"{s.target} {sign} {expression(s.value)}"


def expression(e: Expr, outer: int = 0) -> str:
    """An expression in one line, with no more brackets than it needs."""
    text, own = _print(e)
    return f"({text})" if own < outer else text


def _print(e: Expr) -> tuple[str, int]:
    match e:
        case Number(value):
            return f"{value:.12g}", _ATOM if value >= 0 else _UNARY
        case Integer(value):
            return str(value), _ATOM
        case Name(id):
            return id, _ATOM
        case Negate(x):
            return f"-{expression(x, _UNARY)}", _UNARY
        case Add(terms):
            return _sum(terms), _SUM
        case Multiply(factors):
            return "*".join(expression(f, _PRODUCT) for f in factors), _PRODUCT
        case Divide(x, y):
            return f"{expression(x, _PRODUCT)}/{expression(y, _ATOM)}", _PRODUCT
        case Power(x, exponent):
            return f"{expression(x, _ATOM)}^{exponent:g}", _UNARY
        case Call(function, arguments):
            return f"{function}({', '.join(map(expression, arguments))})", _ATOM
        case Compare(relation, x, y):
            return f"{expression(x, _SUM)} {relation} {expression(y, _SUM)}", 0
        case All(conditions):
            return " and ".join(map(expression, conditions)), 0
        case Select(condition, then, otherwise):
            parts = (expression(condition), expression(then), expression(otherwise))
            return "{1} if {0} else {2}".format(*parts), 0


def _sum(terms: tuple[Expr, ...]) -> str:
    first, *others = terms
    text = expression(first, _SUM)
    for term in others:
        if isinstance(term, Negate):
            text += f" - {expression(term.x, _PRODUCT)}"
        elif isinstance(term, Number) and term.value < 0:
            text += f" - {-term.value:.12g}"
        else:
            text += f" + {expression(term, _SUM)}"
    return text


def _title(value: object) -> str:
    kind = _KINDS.get(type(value).__name__) or type(value).__name__.removesuffix("Program").lower()
    return f"{kind} {name}" if (name := getattr(value, "name", "")) else kind


def _block(value: object, title: str) -> Iterator[str]:
    lines = list(_lines(value))
    if len(lines) <= 2 and not any(line.endswith(":") for line in lines):
        yield f"{title}: {', '.join(lines)}"
    else:
        yield title
        yield from (f"  {line}" for line in lines)


def _lines(value: object) -> Iterator[str]:
    for field in fields(value) if is_dataclass(value) else ():
        found = getattr(value, field.name)
        if field.name == "name" or found is None or found is False or found == () or found == "":
            continue
        yield from _field(field.name, found)


def _field(name: str, value: object) -> Iterator[str]:
    if isinstance(value, (Assign, AddTo, Accumulate)):
        yield statement(value)
    elif isinstance(value, _EXPRESSIONS):
        yield f"{name}: {expression(value)}"  # pyright: ignore[reportArgumentType]
    elif is_dataclass(value):
        yield from _block(value, _title(value))
    elif not isinstance(value, tuple):
        yield f"{name}: {value}"
    elif all(isinstance(item, (str, int, float)) for item in value):
        yield f"{name}: {', '.join(map(str, value))}"
    elif all(isinstance(item, (Assign, AddTo, Accumulate)) for item in value):
        yield f"{name}:"
        yield from (f"  {statement(item)}" for item in value)
    elif all(is_dataclass(item) for item in value):
        for item in value:
            yield from _block(item, _title(item))
    else:
        yield f"{name}: {_rows(value)}"


def _rows(value: object) -> str:
    """Nested tuples as ``[a, b; c, d]``."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_rows, value))}]"
    if isinstance(value, _EXPRESSIONS):
        return expression(value)  # pyright: ignore[reportArgumentType]
    return str(value)
