"""Step-invariant parts of expressions, taken out of the loops and named."""

from __future__ import annotations

from collections.abc import Collection

import sympy

from genprop.equations.algebra import parts

__all__ = ["Hoister"]


class Hoister:
    """Replaces every largest part that reads only ``invariant`` symbols by a named constant.

    ``constants`` maps the names to the parts, in order of first use; equal parts share a name.
    """

    def __init__(self, invariant: Collection[sympy.Symbol]) -> None:
        self.invariant = frozenset(invariant)
        self.constants: dict[sympy.Symbol, sympy.Expr] = {}

    def __call__(self, expression: sympy.Expr) -> sympy.Expr:
        """``expression`` with its invariant parts replaced."""
        if expression.is_Atom:
            return expression
        free = expression.free_symbols
        if free and free <= self.invariant:
            return self._name(expression)
        if expression.is_Add or expression.is_Mul:
            fixed, moving = expression.as_independent(*(free - self.invariant))
            inner = (
                [self(a) for a in parts(moving)]
                if moving.func is expression.func
                else [self(moving)]
            )
            if fixed.free_symbols:
                fixed = self._name(fixed)
            return expression.func(fixed, *inner)
        return expression.func(*(self(a) for a in parts(expression)))

    def _name(self, part: sympy.Expr) -> sympy.Expr:
        if part.is_Symbol:
            return part
        if part.could_extract_minus_sign():
            return -self._name(-part)
        for symbol, known in self.constants.items():
            if known == part:
                return symbol
        symbol = sympy.Symbol(self._title(part), real=True)
        self.constants[symbol] = part
        return symbol

    def _title(self, part: sympy.Expr) -> str:
        inverse = 1 / part
        if isinstance(inverse, sympy.Symbol):
            return f"inverse_{inverse.name}"
        return f"constant_{len(self.constants) + 1}"
