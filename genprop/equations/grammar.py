"""Equations read into sympy: one grammar for neurons, synapses and updates.

Numbers are exact (``0.1`` is 1/10), ``exp log sqrt sin cos tanh abs sign min max`` are sympy's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import sympy

from genprop.equations.syntax import Node, fault, read, read_guard
from genprop.errors import did_you_mean

if TYPE_CHECKING:
    from genprop.describe.spec import Equation

__all__ = ["parse_expression", "parse_guard"]

_OPERATIONS: Mapping[str, Callable[..., sympy.Expr]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "negate": lambda a: -a,
}
_FUNCTIONS: Mapping[str, Callable[..., sympy.Expr]] = {
    "abs": sympy.Abs,
    "cos": sympy.cos,
    "exp": sympy.exp,
    "log": sympy.log,
    "max": sympy.Max,
    "min": sympy.Min,
    "sign": sympy.sign,
    "sin": sympy.sin,
    "sqrt": sympy.sqrt,
    "tanh": sympy.tanh,
}


def parse_expression(equation: Equation, names: Mapping[str, sympy.Symbol]) -> sympy.Expr:
    """The right-hand side of an equation, over the given symbols.

    Raises:
        EquationError: where it does not parse, names what is not in ``names``, or divides by zero.
    """
    return _build(read(equation), equation, names)


def parse_guard(equation: Equation, names: Mapping[str, sympy.Symbol]) -> sympy.Expr:
    """``left - right`` of a guard ``left > right``; a spike is where it rises through zero.

    Raises:
        EquationError: like :func:`parse_expression`.
    """
    left, right = read_guard(equation)
    return _build(left, equation, names) - _build(right, equation, names)


def _build(node: Node, equation: Equation, names: Mapping[str, sympy.Symbol]) -> sympy.Expr:
    if node.kind == "number":
        return sympy.Rational(node.text)
    if node.kind == "name":
        if node.text not in names:
            raise fault(
                f"unknown name {node.text!r}", equation, node.start, did_you_mean(node.text, names)
            )
        return names[node.text]
    operands = [_build(operand, equation, names) for operand in node.operands]
    make = _FUNCTIONS[node.text] if node.kind == "call" else _OPERATIONS[node.kind]
    result = make(*operands)
    if result.has(sympy.zoo, sympy.nan, sympy.oo):
        raise fault("this is not a finite number", equation, node.start)
    return result
