"""The few functions of sympy that are used, with types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import sympy

__all__ = ["parts", "simplified", "substitute", "symbols"]


def substitute(
    expression: sympy.Expr,
    replacements: Mapping[sympy.Symbol, sympy.Expr],
    *,
    at_once: bool = False,
) -> sympy.Expr:
    """``expression`` with symbols replaced, one after another or ``at_once``."""
    pairs = list(replacements.items())
    return expression.subs(pairs, simultaneous=at_once)


def symbols(expression: sympy.Expr) -> set[sympy.Symbol]:
    """The symbols an expression reads."""
    return cast("set[sympy.Symbol]", expression.free_symbols)


def parts(expression: sympy.Expr) -> tuple[sympy.Expr, ...]:
    """The terms, factors or arguments an expression is made of."""
    return cast("tuple[sympy.Expr, ...]", expression.args)


def simplified(expression: sympy.Basic) -> sympy.Expr:
    """``expression`` in sympy's idea of a simple form."""
    return sympy.simplify(cast("sympy.Expr", expression))
