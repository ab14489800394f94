"""Step-invariant parts of expressions, taken out of the loops and named after what they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import sympy

from genprop.equations.algebra import parts
from genprop.lower.convert import convert
from genprop.lower.nodes import Expr, renamed

__all__ = ["Hoister"]

_LONGEST = 40
"""Letters of a name; what would need more is numbered instead."""
_NUMBERS = {sympy.S.One: "one", sympy.Integer(2): "two", sympy.Integer(3): "three", sympy.E: "e"}


class Hoister:
    """Replaces every largest part that reads only ``invariant`` symbols by a named constant.

    ``constants`` maps symbols to the parts, in order of first use; equal parts have one symbol. The
    symbols are numbered, so that the order of terms does not hang on what a part is called;
    :meth:`nodes` and :meth:`definitions` give the names: ``one_minus_beta1`` for 1 − β₁.
    """

    def __init__(self, invariant: Collection[sympy.Symbol]) -> None:
        self.invariant = frozenset(invariant)
        self.constants: dict[sympy.Symbol, sympy.Expr] = {}
        self._names: dict[str, str] = {}

    def __call__(self, expression: sympy.Expr) -> sympy.Expr:
        """``expression`` with its invariant parts replaced."""
        if expression.is_Atom:
            return expression
        free = expression.free_symbols
        if free and free <= self.invariant:
            return self._constant(expression)
        if expression.is_Add or expression.is_Mul:
            fixed, moving = expression.as_independent(*(free - self.invariant))
            inner = (
                [self(a) for a in parts(moving)]
                if moving.func is expression.func
                else [self(moving)]
            )
            if fixed.free_symbols:
                fixed = self._constant(fixed)
            return expression.func(fixed, *inner)
        return expression.func(*(self(a) for a in parts(expression)))

    def nodes(self, expression: sympy.Expr) -> Expr:
        """The same as nodes, the constants by name."""
        return renamed(convert(self(expression)), self._names)

    def definitions(self) -> Iterator[tuple[str, sympy.Expr]]:
        """The name and the value of every constant, in order of first use."""
        for symbol, part in self.constants.items():
            yield self._names.get(symbol.name, symbol.name), part

    def _constant(self, part: sympy.Expr) -> sympy.Expr:
        if part.is_Symbol:
            return part
        if _opposite(part):
            return -self._constant(-part)
        for symbol, known in self.constants.items():
            if known == part:
                return symbol
        symbol = sympy.Symbol(self._number(part), real=True)
        self.constants[symbol] = part
        if symbol.name.startswith("constant_"):
            name = _title(part)
            taken = {*self._names.values(), *(str(s) for s in (*self.invariant, *self.constants))}
            if name.isidentifier() and len(name) <= _LONGEST and name not in taken:
                self._names[symbol.name] = name
        return symbol

    def _number(self, part: sympy.Expr) -> str:
        inverse = 1 / part
        if isinstance(inverse, sympy.Symbol):
            return f"inverse_{inverse.name}"
        return f"constant_{len(self.constants) + 1}"


def _opposite(part: sympy.Expr) -> bool:
    """Whether −part is the form to name: 1 − x rather than x − 1, x rather than −x."""
    offset = part.as_coeff_Add()[0]
    return bool(offset.is_negative) if offset else part.could_extract_minus_sign()


def _title(part: sympy.Expr) -> str:
    """What a part is, in words: ``rate_over_one_minus_beta1_pow_n`` for r / (1 − β₁ⁿ)."""
    if part.is_Add:
        first, *others = sorted(parts(part), key=lambda a: (_minus(a), not a.is_Number, str(a)))
        words = [("_minus_" + _title(-a)) if _minus(a) else ("_plus_" + _title(a)) for a in others]
        return _title(first) + "".join(words)
    numerator, denominator = sympy.fraction(part)
    if denominator != 1:
        below = _title(denominator)
        return f"inverse_{below}" if numerator == 1 else f"{_title(numerator)}_over_{below}"
    if part.is_Mul:
        return "_times_".join(_title(a) for a in sorted(parts(part), key=str))
    if part.is_Pow:
        base, exponent = parts(part)
        if exponent == sympy.Rational(1, 2):
            return f"sqrt_{_title(base)}"
        return f"{_title(base)}_pow_{_title(exponent)}"
    if words := [_title(a) for a in parts(part)]:
        return "_".join([str(part.func), *words])
    return _NUMBERS.get(part) or re.sub(r"\W+", "_", str(part)).strip("_")


def _minus(part: sympy.Expr) -> bool:
    return part.could_extract_minus_sign()
