"""The simple form of rational expressions, which are most of what an adjoint is made of.

``sympy.simplify`` looks for trigonometry, special functions, units and more in everything it is
given, and loads what it needs for that. Of a rational expression its own steps are few; here they
stand alone and give the same.
"""

from __future__ import annotations

from typing import cast

import sympy
from sympy.core.traversal import bottom_up

__all__ = ["is_rational", "rational_form"]

_LONGER = 1.7
"""A form of so many times the operations is not taken, as in sympy."""


def is_rational(expression: sympy.Basic) -> bool:
    """Whether it is made of symbols and rational numbers by +, ·, / and powers of integers."""
    if expression.is_Symbol or expression.is_Rational:
        return True
    if expression.is_Pow:
        base, power = expression.args
        return bool(power.is_Integer) and is_rational(base)
    return bool(expression.is_Add or expression.is_Mul) and all(map(is_rational, expression.args))


def rational_form(expression: sympy.Expr) -> sympy.Expr:
    """What ``sympy.simplify`` gives of a rational expression."""
    if expression.is_zero:
        return sympy.S.Zero
    given = cast("sympy.Expr", sympy.signsimp(expression))
    if not given.args:
        return given
    found = cast("sympy.Expr", bottom_up(given, _normal))
    found = sympy.Mul(*sympy.powsimp(found).as_content_primitive())
    cancelled = _cancelled(found)
    expanded = _shorter(cancelled, _cancelled(_expanded(cancelled)))
    whole = _shorter(_whole(found), _whole(expanded))
    found = sympy.factor_terms(_shorter(whole, expanded, found), sign=False)
    short = _shorter(sympy.powsimp(found, combine="exp", deep=True), sympy.powsimp(found), found)
    short = _shorter(short, _cancelled(short))
    expanded = cast("sympy.Expr", sympy.expand_mul(short))
    short = _shorter(short, sympy.factor_terms(short), expanded)
    found = _numbers_inside(short)
    if found.could_extract_minus_sign():
        numerator, denominator = sympy.fraction(found)
        found = cast("sympy.Expr", sympy.signsimp(-numerator / -denominator))
    return given if _length(found) > _LONGER * _length(given) else found


def _normal(part: sympy.Basic) -> sympy.Basic:
    """A sum over one denominator, and what divides both sides of a fraction away."""
    return part.normal() if isinstance(part, sympy.Expr) else part


def _cancelled(expression: sympy.Expr) -> sympy.Expr:
    return cast("sympy.Expr", sympy.cancel(expression))


def _whole(expression: sympy.Expr) -> sympy.Expr:
    return cast("sympy.Expr", sympy.together(expression, deep=True))


def _expanded(expression: sympy.Expr) -> sympy.Expr:
    """All products and powers multiplied out, until none is left."""
    before, found = None, expression
    while found != before:
        before, found = found, sympy.expand(found, power_exp=False, log=False, power_base=False)
    return found


def _numbers_inside(expression: sympy.Expr) -> sympy.Expr:
    """A sum in brackets that a number multiplies has the number in each of its terms."""
    hollow = {
        part: part.args[0] * part.args[1]
        for part in expression.atoms(sympy.Mul)
        if len(part.args) == 2 and part.args[0].is_Number and part.args[1].is_Add
    }
    return cast("sympy.Expr", expression.xreplace(hollow))


def _shorter(*choices: sympy.Expr) -> sympy.Expr:
    """The first of those with the fewest operations."""
    return min(choices, key=_length)


def _length(expression: sympy.Expr) -> int:
    return cast("int", expression.count_ops())
