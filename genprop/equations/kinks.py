"""What the slopes of min, max, abs and sign are where sympy writes distributions."""

from __future__ import annotations

from typing import Any, cast

import sympy

__all__ = ["one_sided"]


def one_sided(expression: sympy.Expr) -> sympy.Expr:
    """The slope as numbers have it: that of sign is 0, those of min and max at their kink the left.

    sympy differentiates ``sign(x)`` to 2 δ(x), which no number is, and ``max(x, 0)`` to the step
    Θ(x), whose value at 0 it leaves open; in lowered code these are 0 and x > 0, too.
    """
    if not expression.has(sympy.DiracDelta, sympy.Heaviside):
        return expression
    found = cast("Any", expression).replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)
    return found.replace(sympy.Heaviside, lambda x, *_: sympy.Piecewise((1, x > 0), (0, True)))
