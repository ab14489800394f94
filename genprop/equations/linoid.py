"""Removable singularities: x/(1 − exp(−x)), which rates of ion channels are made of.

``0.1*(v + 40)/(1 - exp(-(v + 40)/10))`` is 0/0 at v = −40 and smooth there. Such quotients are read
as the function L(x) = x/(1 − exp(−x)), the linoid, which has a value and all derivatives everywhere
and is computed by its series near 0, where the quotient would cancel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import sympy

from genprop.equations.algebra import parts, substitute

if TYPE_CHECKING:
    from sympy.printing.latex import LatexPrinter

__all__ = ["cases", "exprel", "linoid", "without_singularities"]

_NEAR = sympy.Rational(1, 2)
"""Where the series is taken: up to x¹⁴ it is good to 1e-15 there."""


class linoid(sympy.Function):  # noqa: N801  (printed by this name)
    """L(x, k), the k-th derivative of L(x) = x/(1 − exp(−x)); L(0) = 1, L′(0) = 1/2."""

    is_real = True

    @classmethod
    def eval(cls, *args: sympy.Expr) -> sympy.Expr | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The value at a number."""
        x, k = args
        if not x.is_number:
            return None
        return substitute(_derivative(_series(_X), k), {_X: x}) if x == 0 else _quotient(x, k)

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """L(x, k)′ = L(x, k + 1)."""
        x, k = parts(self)
        return _linoid(x, k + 1)

    def _latex(self, printer: LatexPrinter) -> str:
        x, k = parts(self)
        primes = "'" * int(k)
        return rf"L{primes}\left({printer.doprint(x)}\right)"


def cases(found: sympy.Expr) -> sympy.Expr:
    """A linoid as formulas: the series near 0, and L(x) = x + L(−x) against overflow."""
    x, k = parts(found)
    series = sympy.horner(_derivative(_series(_X), k), wrt=_X)
    mirrored = (-1) ** k * _quotient(-x, k) + (1 if k == 1 else 0)
    return sympy.Piecewise(
        (substitute(series, {_X: x}), sympy.Abs(x) < _NEAR),
        (_quotient(x, k), (x > 0) if k > 0 else True),
        (mirrored, True),
    )


def _linoid(x: sympy.Expr, k: sympy.Expr) -> sympy.Expr:
    return cast("sympy.Expr", linoid(x, k))


_X = sympy.Symbol("x", real=True)


def exprel(x: sympy.Expr) -> sympy.Expr:
    """(exp(x) − 1)/x, 1 at 0."""
    return 1 / _linoid(-x, sympy.S.Zero)


def without_singularities(expression: sympy.Expr) -> sympy.Expr:
    """``expression`` with its quotients of the form x/(1 − exp(−x)), or inverse, as linoids."""
    if not expression.has(sympy.exp):
        return expression
    found = expression.replace(lambda e: e.is_Mul, _removed)
    return cast("sympy.Expr", found)


def _removed(product: sympy.Expr) -> sympy.Expr:
    """A product with its first such quotient replaced."""
    factors = list(parts(product))
    for k, factor in enumerate(factors):
        base, exponent = factor.as_base_exp()
        vanishing = _vanishing(base) if exponent in (1, -1) else None
        if vanishing is None:
            continue
        gain, w = vanishing
        for other in range(len(factors)):
            number, power = factors[other].as_base_exp()
            ratio = _multiple(number, w) if power == -exponent and other != k else None
            if ratio is None:
                continue
            rest = sympy.Mul(*(f for i, f in enumerate(factors) if i not in (k, other)))
            found = _linoid(-w, sympy.S.Zero)  # w/(exp(w) − 1)
            whole = ratio / gain * found if exponent == -1 else gain / ratio / found
            return without_singularities(rest) * whole
    return product


def _vanishing(total: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr] | None:
    """(c, w) of a sum c (exp(w) − 1), or None."""
    exponentials = list(total.atoms(sympy.exp)) if total.is_Add else []
    if len(exponentials) != 1 or len(parts(total)) != 2:
        return None
    gain = cast("sympy.Expr", total.coeff(exponentials[0]))
    if gain == 0 or sympy.expand(total - gain * exponentials[0] + gain) != 0:
        return None
    return gain, parts(exponentials[0])[0]


def _multiple(factor: sympy.Expr, w: sympy.Expr) -> sympy.Expr | None:
    """factor/w where that is free of a symbol of w, so that both vanish together, or None."""
    if not factor.free_symbols & w.free_symbols:
        return None
    ratio = sympy.cancel(factor / w)
    return ratio if w.free_symbols - ratio.free_symbols else None


def _series(x: sympy.Expr) -> sympy.Expr:
    """1 + x/2 + Σ B₂ₘ x²ᵐ/(2m)!, up to x¹⁴."""
    even = (sympy.bernoulli(n) / sympy.factorial(n) * x**n for n in range(2, 15, 2))
    return 1 + x / 2 + sympy.Add(*even)


def _quotient(x: sympy.Expr, k: sympy.Expr) -> sympy.Expr:
    return substitute(_derivative(_X / (1 - sympy.exp(-_X)), k), {_X: x})


def _derivative(expression: sympy.Expr, k: sympy.Expr) -> sympy.Expr:
    return sympy.diff(expression, _X, int(k)) if k > 0 else expression
