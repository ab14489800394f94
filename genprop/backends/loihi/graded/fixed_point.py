"""Expressions of floats as expressions of integers: sums, products, shifts, maxima and signs.

An integer x of a name stands for x · 2^−f, f being its fraction. A sum is formed at one fraction;
of a product of two names, 48 bits, the upper ones are taken; a constant factor is a mantissa of 23
bits and a shift::

    c x   →   (m x) >> s,   m = round(c · 2^e)

A sign is −1, 0 or 1, compared for and multiplied exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import InternalError
from genprop.lower.nodes import (
    Add,
    Call,
    Divide,
    Expr,
    Integer,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    names_in,
)
from genprop.numerics.evaluate import evaluate

if TYPE_CHECKING:
    from genprop.lower.nodes import Assign

__all__ = ["FixedPoint", "beyond_integers", "shifted"]

_BITS = 23
"""Of a magnitude: states, inputs and messages have 24 bits with their sign, constants too."""
_SIGN = _BITS - 1
"""Of a sign that is added to something: ±2^22, and twice that fits."""


class FixedPoint:
    """Translates the expressions of one population.

    Attributes:
        numbers: the constants that translated expressions read, int64 () or (n,).
    """

    def __init__(self, constants: Mapping[str, np.ndarray], fraction: Mapping[str, int]) -> None:
        self._constants, self._fraction = constants, fraction
        self.numbers: dict[str, np.ndarray] = {}

    def natural(self, e: Expr) -> int:
        """The fraction at which an expression keeps 24 bits."""
        match e:
            case Name(name):
                return self._fraction[name]
            case Negate(x):
                return self.natural(x)
            case Call("sign"):
                return _SIGN
            case Add(parts) | Call(_, parts):
                return min(self.natural(p) for p in parts if not self._constant(p))
            case Multiply() | Power() | Divide():
                factor, moving, signs = self._factors(e)
                found = [self.natural(x) for x in moving or signs[:1]]
                grown = math.ceil(math.log2(max(float(np.abs(factor).max()), 1.0)))
                return sum(found) - _BITS * (len(found) - 1) - grown
            case _:
                pass
        raise InternalError(f"{e!r} has no integers")

    def at(self, e: Expr, fraction: int) -> Expr:
        """The integers of ``e`` with that fraction."""
        if isinstance(e, Negate):
            return Negate(self.at(e.x, fraction))
        if self._constant(e):
            value = np.rint(self._value(e) * 2.0**fraction)
            return self.number(value, next(iter(names_in(e)), "constant"))
        match e:
            case Name(name):
                return shifted(e, self._fraction[name] - fraction)
            case Add(terms):
                return Add(tuple(self.at(t, fraction) for t in terms))
            case Call("abs", (x,)):
                found = self.at(x, fraction)
                return Call("max", (found, Negate(found)))
            case Call("sign"):
                return shifted(self._sign(e), -fraction)
            case Call(function, parts):
                return Call(function, tuple(self.at(p, fraction) for p in parts))
            case _:
                return self._product(e, fraction)

    def number(self, value: np.ndarray, title: str) -> Expr:
        """An integer constant: a literal where all neurons have the same, else a name."""
        whole = value.astype(np.int64)
        if whole.ndim == 0:
            return Integer(int(whole))
        known = (n for n, held in self.numbers.items() if np.array_equal(held, whole))
        name = next(known, f"{title}_{len(self.numbers)}")
        self.numbers[name] = whole
        return Name(name)

    def _sign(self, e: Expr) -> Expr:
        """−1, 0 or 1."""
        assert isinstance(e, Call)
        return Call("sign", (self.at(e.arguments[0], self.natural(e.arguments[0])),))

    def _product(self, e: Expr, fraction: int) -> Expr:
        factor, moving, signs = self._factors(e)
        if not moving:
            exact = self.number(np.rint(factor * 2.0**fraction), "factor")
            return Multiply((exact, *map(self._sign, signs)))
        found, have = self.at(moving[0], self.natural(moving[0])), self.natural(moving[0])
        whole = bool(np.all(factor == 1))
        for k, x in enumerate(moving[1:], start=2):
            found = Multiply((found, self.at(x, self.natural(x))))
            have += self.natural(x)
            if k < len(moving) or not whole:
                found, have = shifted(found, _BITS), have - _BITS
        if not whole:
            exponent = _BITS - 1 - math.floor(math.log2(float(np.abs(factor).max())))
            mantissa = np.minimum(np.rint(factor * 2.0**exponent), 2**_BITS - 1)
            found = Multiply((found, self.number(mantissa, "factor")))
            have += exponent
        found = shifted(found, have - fraction)
        return Multiply((found, *map(self._sign, signs))) if signs else found

    def _factors(self, e: Expr) -> tuple[np.ndarray, list[Expr], list[Expr]]:
        """The constant factor of a product, its other factors, and those that are signs."""
        factor, moving, signs = np.asarray(1.0), list[Expr](), list[Expr]()
        for x, power in _flat(e):
            if self._constant(x):
                factor = factor * self._value(x) ** power
            else:
                signed = isinstance(x, Call) and x.function == "sign"
                (signs if signed else moving).extend([x] * int(power))
        return factor, moving, signs

    def _constant(self, e: Expr) -> bool:
        return not any(name in self._fraction for name in names_in(e))

    def _value(self, e: Expr) -> np.ndarray:
        return np.asarray(evaluate(e, self._constants), np.float64)


def shifted(e: Expr, bits: int) -> Expr:
    """``e`` shifted right by ``bits``, left where they are negative."""
    if bits > 0:
        return Call("shift", (e, Integer(bits)))
    return Multiply((Integer(1 << -bits), e)) if bits < 0 else e


def beyond_integers(statements: Iterable[Assign], moving: Iterable[str]) -> Iterator[str]:
    """What of the statements the chip's integers have not, ``moving`` being what is no constant."""
    names = set(moving)
    for statement in statements:
        for part in _parts(statement.value):
            if names.isdisjoint(names_in(part)):
                continue
            match part:
                case Divide(_, y) if not names.isdisjoint(names_in(y)):
                    yield f"a division in {statement.target}"
                case Power(_, n) if n < 1 or n != int(n):
                    yield f"the power {n:g} in {statement.target}"
                case Call(function) if function not in ("max", "min", "abs", "sign"):
                    yield f"{function} in {statement.target}"
                case Name() | Negate() | Add() | Multiply() | Divide() | Power() | Call():
                    pass
                case _:
                    yield f"a case in {statement.target}"


def _parts(e: Expr) -> Iterator[Expr]:
    yield e
    match e:
        case Negate(x) | Power(x, _):
            yield from _parts(x)
        case Add(parts) | Multiply(parts) | Call(_, parts):
            for part in parts:
                yield from _parts(part)
        case Divide(x, y):
            yield from _parts(x)
            yield from _parts(y)
        case _:
            pass


def _flat(e: Expr) -> Iterator[tuple[Expr, float]]:
    """The factors of products, powers and quotients, with their exponents."""
    match e:
        case Multiply(factors):
            for x in factors:
                yield from _flat(x)
        case Power(x, n):
            yield x, n
        case Divide(x, y):
            yield from _flat(x)
            yield y, -1.0
        case Negate(x):
            yield Number(-1.0), 1.0
            yield from _flat(x)
        case _:
            yield e, 1.0
