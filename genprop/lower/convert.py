"""From sympy to the Program's own expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import sympy

from genprop.equations.algebra import parts
from genprop.equations.kinks import Abs, sign
from genprop.equations.linoid import cases, linoid
from genprop.errors import InternalError
from genprop.lower.nodes import (
    Add,
    All,
    Assign,
    Call,
    Compare,
    Condition,
    Divide,
    Expr,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    Select,
)

__all__ = ["assignments", "convert"]

_FUNCTIONS: dict[type, str] = {
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tanh: "tanh",
    sympy.Abs: "abs",
    Abs: "abs",
    sympy.sign: "sign",
    sign: "sign",
    sympy.Min: "min",
    sympy.Max: "max",
}
_BY_OTHERS: dict[type, Callable[[sympy.Expr], sympy.Expr]] = {  # which simplification brings in
    sympy.cosh: lambda x: (sympy.exp(x) + sympy.exp(-x)) / 2,
    sympy.sinh: lambda x: (sympy.exp(x) - sympy.exp(-x)) / 2,
    sympy.coth: lambda x: 1 / sympy.tanh(x),
    sympy.sech: lambda x: 2 / (sympy.exp(x) + sympy.exp(-x)),
    sympy.csch: lambda x: 2 / (sympy.exp(x) - sympy.exp(-x)),
    sympy.tan: lambda x: sympy.sin(x) / sympy.cos(x),
    sympy.cot: lambda x: sympy.cos(x) / sympy.sin(x),
    sympy.sec: lambda x: 1 / sympy.cos(x),
    sympy.csc: lambda x: 1 / sympy.sin(x),
}
_RELATIONS: dict[type, str] = {
    sympy.StrictGreaterThan: ">",
    sympy.GreaterThan: ">=",
    sympy.StrictLessThan: "<",
    sympy.LessThan: "<=",
    sympy.Equality: "==",
    sympy.Unequality: "!=",
}
_OF_THE_CLOCK = ("instant_at", "time_of")


def convert(expression: sympy.Expr) -> Expr:
    """The same expression as nodes; negative powers become divisions."""
    if isinstance(expression, sympy.Symbol):
        return Name(expression.name)
    if expression.is_Number or expression.is_NumberSymbol:
        return Number(float(expression))
    if expression.is_Add:
        return Add(tuple(convert(a) for a in _ordered(expression)))
    if expression.is_Mul:
        return _product(expression)
    if expression.is_Pow:
        return _power(*expression.as_base_exp())
    if name := _FUNCTIONS.get(expression.func):
        return Call(name, tuple(convert(a) for a in parts(expression)))
    if str(expression.func) in _OF_THE_CLOCK:
        return Call(str(expression.func), tuple(convert(a) for a in parts(expression)))
    if spelt := _BY_OTHERS.get(expression.func):
        return convert(spelt(parts(expression)[0]))
    if isinstance(expression, linoid):
        return convert(cases(expression))
    if expression.func is sympy.Piecewise:
        return _piecewise(expression)
    if expression.func is sympy.Heaviside:  # the slope of min and max
        above = Compare(">", convert(parts(expression)[0]), Number(0.0))
        return Select(above, Number(1.0), Number(0.0))
    if expression.func is sympy.DiracDelta:  # the slope of sign: none, but at a point
        return Number(0.0)
    raise InternalError(f"no node stands for {expression.func} in {expression}")


def assignments(expressions: Mapping[sympy.Symbol, sympy.Expr]) -> tuple[Assign, ...]:
    """One assignment per symbol, for expressions that are to be evaluated *simultaneously*.

    Targets are ordered so that none is overwritten before its last reader; where a cycle forbids
    it, ``<name>_next`` holds the value until all are computed. Identities are left out.
    """
    waiting = {s: e for s, e in expressions.items() if e != s}
    first: list[Assign] = []
    last: list[Assign] = []
    while waiting:
        free = [
            s for s in waiting if not any(s in e.free_symbols for t, e in waiting.items() if t != s)
        ]
        if free:
            first.append(Assign(free[0].name, convert(waiting.pop(free[0]))))
            continue
        symbol, expression = next(iter(waiting.items()))
        held = f"{symbol.name}_next"
        first.append(Assign(held, convert(expression)))
        last.append(Assign(symbol.name, Name(held)))
        waiting.pop(symbol)
        waiting = dict(waiting)
    return tuple(first + last)


def _ordered(expression: sympy.Expr) -> list[sympy.Expr]:
    return sorted(
        parts(expression), key=lambda a: (a.could_extract_minus_sign(), sympy.default_sort_key(a))
    )


def _product(expression: sympy.Expr) -> Expr:
    if expression.could_extract_minus_sign():
        return Negate(convert(-expression))
    numerator, denominator = sympy.fraction(expression)
    if denominator != 1:
        return Divide(convert(numerator), convert(denominator))
    factors = sorted(parts(expression), key=lambda a: (not a.is_Number, sympy.default_sort_key(a)))
    return Multiply(tuple(convert(a) for a in factors))


def _power(base: sympy.Expr, exponent: sympy.Expr) -> Expr:
    if base == sympy.E:
        return Call("exp", (convert(exponent),))
    if not exponent.is_Number:
        return Call("pow", (convert(base), convert(exponent)))
    if exponent.is_negative:
        return Divide(Number(1.0), convert(base**-exponent))
    if exponent == sympy.Rational(1, 2):
        return Call("sqrt", (convert(base),))
    return Power(convert(base), float(exponent))


def _piecewise(expression: sympy.Expr) -> Expr:
    cases = cast("Sequence[tuple[sympy.Expr, sympy.Expr]]", expression.args)
    *cases, (otherwise, _) = cases
    result = convert(otherwise)
    for value, condition in reversed(cases):
        either = parts(condition) if isinstance(condition, sympy.Or) else (condition,)
        for one in either:
            result = Select(_condition(one), convert(value), result)
    return result


def _condition(condition: sympy.Expr) -> Condition:
    if isinstance(condition, sympy.And):
        return All(tuple(_relation(c) for c in parts(condition)))
    return _relation(condition)


def _relation(condition: sympy.Expr) -> Compare:
    left, right = parts(condition)
    return Compare(_RELATIONS[condition.func], convert(left), convert(right))
