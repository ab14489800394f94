"""Expressions as numpy computes them: what sympy writes otherwise is replaced."""

from __future__ import annotations

from typing import cast

import sympy

from genprop.equations.kinks import one_sided
from genprop.equations.linoid import cases, linoid

__all__ = ["numpy_form"]

_LONGEST = 2**53
"""Beyond it numpy would make objects of integers."""


def numpy_form(expression: sympy.Expr) -> sympy.Expr:
    """No distributions, linoids as their cases, no integers of any length; 1/0 is NaN."""
    e = one_sided(cast("sympy.Expr", expression.xreplace({sympy.zoo: sympy.nan})))
    e = e.replace(lambda x: isinstance(x, linoid), cases)
    long = [n for n in e.atoms(sympy.Rational) if max(abs(n.p), n.q) > _LONGEST]
    return cast("sympy.Expr", e.xreplace({n: sympy.Float(float(n)) for n in long}))
