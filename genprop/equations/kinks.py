"""What the slopes of min, max, abs and sign are where sympy writes distributions, or knows none.

An argument like √v is real wherever it is a number, but nothing says that v > 0: sympy takes it for
complex, along which ``sign`` has no slope and that of ``abs`` is one of real and imaginary parts.
"""

from __future__ import annotations

from typing import Any, cast

import sympy

__all__ = ["Abs", "one_sided", "sign"]


def one_sided(expression: sympy.Expr) -> sympy.Expr:
    """The slope as numbers have it: that of sign is 0, those of min and max at their kink the left.

    sympy differentiates ``sign(x)`` to 2 δ(x), which no number is, and ``max(x, 0)`` to the step
    Θ(x), whose value at 0 it leaves open; in lowered code these are 0 and x > 0, too.
    """
    if not expression.has(sympy.DiracDelta, sympy.Heaviside):
        return expression
    found = cast("Any", expression).replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)
    return found.replace(sympy.Heaviside, lambda x, *_: sympy.Piecewise((1, x > 0), (0, True)))


class sign(sympy.sign):  # noqa: N801  (printed by this name)
    """The sign of what is real, also where sympy cannot know that it is."""

    is_real = True

    @classmethod
    def eval(cls, arg: sympy.Expr) -> sympy.Expr | None:
        """That of sympy where it is certain."""
        return sympy.sign(arg) if arg.is_number or arg.is_extended_real else None

    def _eval_conjugate(self) -> sympy.Expr:
        return self

    def _eval_derivative(self, x: sympy.Symbol) -> sympy.Expr:
        inner = self.args[0]
        return 2 * sympy.DiracDelta(inner) * sympy.diff(inner, x)


class Abs(sympy.Abs):
    """The absolute value of what is real, likewise."""

    is_real = True

    @classmethod
    def eval(cls, arg: sympy.Expr) -> sympy.Expr | None:
        """That of sympy where it is certain."""
        return sympy.Abs(arg) if arg.is_number or arg.is_extended_real else None

    def _eval_conjugate(self) -> sympy.Expr:
        return self

    def _eval_derivative(self, x: sympy.Symbol) -> sympy.Expr:
        inner = self.args[0]
        return sign(inner) * sympy.diff(inner, x)
