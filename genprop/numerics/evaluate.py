"""Expressions and statements of a Program, evaluated with numpy."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, MutableMapping

import numpy as np

from genprop.errors import InternalError
from genprop.lower.nodes import (
    Accumulate,
    Add,
    AddTo,
    All,
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

__all__ = ["FUNCTIONS", "evaluate", "execute"]

Array = np.ndarray

FUNCTIONS: Mapping[str, Callable[..., Array]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "abs": np.abs,
    "sign": np.sign,
    "min": np.minimum,
    "max": np.maximum,
    "pow": np.power,
    "time_of": np.multiply,
    "shift": np.right_shift,
}
_RELATIONS: Mapping[str, Callable[..., Array]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def evaluate(expression: Expr, values: Mapping[str, Array]) -> Array:
    """The value of ``expression``, names looked up in ``values`` (arrays that broadcast)."""
    match expression:
        case Number(value) | Integer(value):
            return np.asarray(value)
        case Name(id):
            return values[id]
        case Negate(x):
            return -evaluate(x, values)
        case Add(terms):
            return _fold(np.add, terms, values)
        case Multiply(factors):
            return _fold(np.multiply, factors, values)
        case Divide(x, y):
            return evaluate(x, values) / evaluate(y, values)
        case Power(x, exponent):
            return evaluate(x, values) ** exponent
        case Call(function, arguments):
            return _fold(FUNCTIONS[function], arguments, values)
        case Compare(relation, x, y):
            return _RELATIONS[relation](evaluate(x, values), evaluate(y, values))
        case All(conditions):
            held = (evaluate(c, values) for c in conditions)
            return functools.reduce(np.logical_and, held, np.asarray(True))
        case Select(condition, then, otherwise):
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # not chosen
                cases = evaluate(then, values), evaluate(otherwise, values)
            return np.where(evaluate(condition, values), *cases)
    raise InternalError(f"no value for {expression!r}")


def execute(
    statements: Iterable[Statement],
    values: MutableMapping[str, Array],
    accumulate: Callable[[str, Array], None] | None = None,
) -> None:
    """Run statements in order, assigning into ``values``; ``accumulate`` gets the gradients."""
    for statement in statements:
        result = evaluate(statement.value, values)
        if isinstance(statement, AddTo):
            values[statement.target] = values[statement.target] + result
        elif not isinstance(statement, Accumulate):
            values[statement.target] = result
        elif accumulate is not None:
            accumulate(statement.parameter, result)


def _fold(
    function: Callable[..., Array], parts: tuple[Expr, ...], values: Mapping[str, Array]
) -> Array:
    first, *others = parts
    result = evaluate(first, values)
    if not others and function not in (np.add, np.multiply, np.minimum, np.maximum, np.power):
        return function(result)
    for part in others:
        result = function(result, evaluate(part, values))
    return result
