"""The few functions of sympy that are used, with types."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import cast

import sympy
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.functions.elementary.trigonometric import TrigonometricFunction

from genprop.equations.rational import is_rational, rational_form

__all__ = ["parts", "simplest", "simplified", "substitute", "symbols", "together"]

_MOST_OPERATIONS, _OPERATIONS_OF_A_FUNCTION = 120, 45
"""Expressions of so many operations are simplified in a tenth of a second."""
_SHORT_EXPONENT, _LARGEST_EXPONENT = 100, 750
"""Of powers that are written at once, and of e in what double precision holds."""
_WITHOUT_ORDER = ("non-real", "NaN comparison", "Real Values", "not comparable")
"""Of sympy's errors, those which say that it was to compare no real numbers."""


def substitute(
    expression: sympy.Expr,
    replacements: Mapping[sympy.Symbol, sympy.Expr],
    *,
    at_once: bool = False,
) -> sympy.Expr:
    """``expression`` with symbols replaced, one after another or ``at_once``.

    It is NaN where a part is no real number then, as the root of a negative, where what has no
    order has to be compared, as 1/0, and where a power is beyond all numbers of double precision;
    one below them all is 0.
    """
    pairs = list(replacements.items())
    try:
        beyond = _beyond_numbers(expression, replacements, at_once)
        found = cast("sympy.Expr", expression.xreplace(beyond)).subs(pairs, simultaneous=at_once)
    except (TypeError, ValueError) as error:
        if any(word in str(error) for word in _WITHOUT_ORDER):
            return sympy.nan
        raise
    return sympy.nan if found.has(sympy.I) and not expression.has(sympy.I) else found


def _beyond_numbers(
    expression: sympy.Expr, replacements: Mapping[sympy.Symbol, sympy.Expr], at_once: bool
) -> dict[sympy.Pow, sympy.Expr]:
    """Powers that sympy would write with all their digits, and what stands for them."""
    found: dict[sympy.Pow, sympy.Expr] = {}
    for power in _long_powers(expression):
        base, exponent = (substitute(x, replacements, at_once=at_once) for x in parts(power))
        if _has_size(base, exponent):
            size = float(exponent) * float(sympy.log(abs(base)))
            if abs(size) > _LARGEST_EXPONENT:
                found[power] = sympy.nan if size > 0 else sympy.S.Zero
    return found


def _has_size(base: sympy.Expr, exponent: sympy.Expr) -> bool:
    """Whether both are numbers, of which the logarithm of the base is finite.

    A zero of floating point is not equal to 0 in sympy.
    """
    return bool(base.is_number and not base.is_zero and exponent.is_number and exponent.is_real)


@lru_cache(maxsize=4096)
def _long_powers(expression: sympy.Expr) -> tuple[sympy.Pow, ...]:
    """Its powers but those of a short number."""
    return tuple(p for p in expression.atoms(sympy.Pow) if not _is_short(parts(p)[1]))


def _is_short(exponent: sympy.Expr) -> bool:
    return isinstance(exponent, sympy.Rational) and bool(abs(exponent) <= _SHORT_EXPONENT)


def symbols(expression: sympy.Expr) -> set[sympy.Symbol]:
    """The symbols an expression reads."""
    return cast("set[sympy.Symbol]", expression.free_symbols)


def parts(expression: sympy.Expr) -> tuple[sympy.Expr, ...]:
    """The terms, factors or arguments an expression is made of."""
    return cast("tuple[sympy.Expr, ...]", expression.args)


@lru_cache(maxsize=4096)
def simplest(expression: sympy.Basic) -> sympy.Expr:
    """``expression`` in sympy's idea of a simple form, however long it takes; looked for once."""
    found = cast("sympy.Expr", expression)
    if is_rational(found):
        return rational_form(found)
    exponentials = found.atoms(sympy.exp)
    if len(exponentials) == 1:  # as in a softmax: a symbol stands for it
        stands = {exponentials.pop(): sympy.Dummy(positive=True)}
        plain = cast("sympy.Expr", found.xreplace(stands))
        if is_rational(plain) and plain.is_polynomial(*stands.values()):
            return substitute(rational_form(plain), {s: e for e, s in stands.items()})
    return sympy.simplify(found)


def simplified(expression: sympy.Basic) -> sympy.Expr:
    """:func:`simplest` form of ``expression``, or as it is where to look takes too long.

    The time that sympy takes has no bound: it grows fast with the number of operations, of which
    exponentials and their like count more. Beyond a limit an expression only costs more operations.
    """
    found = cast("sympy.Expr", expression)
    return simplest(found) if _small(found) else found


def together(expression: sympy.Expr) -> sympy.Expr:
    """:func:`simplified` of the terms over one denominator, where to look is short."""
    return simplified(sympy.together(expression)) if _small(expression) else expression


def _small(expression: sympy.Expr) -> bool:
    if expression.has(TrigonometricFunction, HyperbolicFunction):  # of which there are many forms
        return False
    functions = len(expression.atoms(sympy.Function)) if expression.has(sympy.Function) else 0
    return expression.count_ops() + _OPERATIONS_OF_A_FUNCTION * functions <= _MOST_OPERATIONS
