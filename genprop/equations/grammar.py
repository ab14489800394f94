"""Equations read into sympy: one grammar for neurons, synapses and updates.

Numbers are exact (``0.1`` is 1/10), ``exp log sqrt sin cos tanh abs sign min max`` are sympy's,
those with a kink of what is real wherever it is a number.
Quotients like x/(1 − exp(−x)) have their value where both sides vanish.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import sympy

from genprop.describe.text import CONSTANTS
from genprop.equations.kinks import Abs, sign
from genprop.equations.linoid import exprel, without_singularities
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
    "abs": Abs,
    "cos": sympy.cos,
    "exp": sympy.exp,
    "exprel": exprel,
    "log": sympy.log,
    "max": sympy.Max,
    "min": sympy.Min,
    "sign": sign,
    "sin": sympy.sin,
    "sqrt": sympy.sqrt,
    "tanh": sympy.tanh,
}


def parse_expression(equation: Equation, names: Mapping[str, sympy.Symbol]) -> sympy.Expr:
    """The right-hand side of an equation, over the given symbols.

    Raises:
        EquationError: where it does not parse, names what is not in ``names``, or has a piece that
            is no finite real number, as 1/0 or log(-1).
    """
    return without_singularities(_build(read(equation), equation, names))


def parse_guard(equation: Equation, names: Mapping[str, sympy.Symbol]) -> sympy.Expr:
    """``left - right`` of a guard ``left > right``; a spike is where it rises through zero.

    Raises:
        EquationError: like :func:`parse_expression`.
    """
    left, right = read_guard(equation)
    return _build(left, equation, names) - _build(right, equation, names)


def _build(node: Node, equation: Equation, names: Mapping[str, sympy.Symbol]) -> sympy.Expr:
    if node.kind == "number":
        _refuse_beyond_double(node, equation)
        return sympy.Rational(node.text)
    if node.kind == "name":
        if node.text in CONSTANTS and node.text not in names:
            return sympy.pi
        if node.text not in names:
            raise fault(
                f"unknown name {node.text!r}", equation, node.start, did_you_mean(node.text, names)
            )
        return names[node.text]
    operands = [_build(operand, equation, names) for operand in node.operands]
    make = _FUNCTIONS[node.text] if node.kind == "call" else _OPERATIONS[node.kind]
    if node.kind == "**":
        _refuse_power(operands[0], operands[1], node, equation)
    result = make(*operands)
    if result.has(sympy.zoo, sympy.nan, sympy.oo):
        raise fault("this is not a finite number", equation, node.start)
    if result.has(sympy.I) or (result.is_number and not _is_double(result)):
        raise fault("this is not a finite real number", equation, node.start)
    return result


def _refuse_beyond_double(node: Node, equation: Equation) -> None:
    """A literal that double precision does not hold, which sympy would, digit by digit."""
    value = float(node.text)
    if value == float("inf") or (value == 0.0 and node.text.lower().partition("e")[0].strip("0.")):
        raise fault("a computer's numbers do not reach this far", equation, node.start)


def _refuse_power(base: sympy.Expr, exponent: sympy.Expr, node: Node, equation: Equation) -> None:
    """A power that is no real number for what its exponent may be, or is too large to write."""
    if base.is_number and not exponent.is_number and not base.is_positive:
        raise fault(
            "a base that is not positive has no power but for integers",
            equation,
            node.start,
            "take a positive base, or write the power as a number",
        )
    if base.is_number and exponent.is_number and base != 0:
        try:
            found = abs(float(base)) ** float(exponent)
        except OverflowError:
            found = float("inf")
        if found == float("inf"):
            raise fault("this is not a finite number", equation, node.start)


def _is_double(number: sympy.Expr) -> bool:
    try:
        return abs(float(number)) < float("inf")
    except (TypeError, OverflowError):  # complex, or beyond
        return False
