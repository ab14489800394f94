"""Expressions and statements of a Program as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isinf

from genprop.errors import InternalError
from genprop.lower.nodes import (
    Accumulate,
    Add,
    AddTo,
    All,
    Call,
    Compare,
    Divide,
    Expr,
    Integer,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    Select,
    Statement,
)

__all__ = ["CPrinter", "DoubleGeNNPrinter", "GeNNPrinter", "NumpyPrinter"]

_SUM, _PRODUCT, _UNARY, _ATOM = 1, 2, 3, 4
_SHORT, _WHOLE = (2.0, 3.0), (4.0, 5.0, 6.0, 7.0, 8.0)
"""Powers that are written as products: of anything, and of a name. pow is far slower."""

_BRACKETED = re.compile(r"\(.*\)|\[.*\]")
_FUNCTIONS: Mapping[str, str] = {
    "abs": "maths::fabs",
    "min": "maths::fmin",
    "max": "maths::fmax",
    "sign": "sign",
} | {f: f"maths::{f}" for f in ("exp", "log", "sqrt", "sin", "cos", "tanh", "pow")}


@dataclass(frozen=True, slots=True)
class CPrinter:
    """Prints C++: ``real`` is the type of literals, ``rename`` what names are printed as."""

    real: str = "Real"
    rename: Mapping[str, str] | None = None

    def expression(self, e: Expr) -> str:
        """``e`` as C++, with no more brackets than it needs."""
        return self._at(e, 0)

    def statements(
        self,
        statements: Iterable[Statement],
        known: Iterable[str],
        accumulate: str = "gradient_{0} += {1};",
    ) -> list[str]:
        """Statements as text; the first assignment to a name that is not ``known`` declares it."""
        declared = set(known)
        lines: list[str] = []
        for s in statements:
            text = self.expression(s.value)
            if isinstance(s, Accumulate):
                lines.append(accumulate.format(s.parameter, text))
            elif isinstance(s, AddTo):
                lines.append(f"{self._name(s.target)} += {text};")
            elif s.target in declared:
                lines.append(f"{self._name(s.target)} = {text};")
            else:
                declared.add(s.target)
                lines.append(f"const {self.real} {self._name(s.target)} = {text};")
        return lines

    def _name(self, name: str) -> str:
        return (self.rename or {}).get(name, name)

    def _at(self, e: Expr, outer: int) -> str:
        text, own = self._print(e)
        return f"({text})" if own < outer else text

    def _print(self, e: Expr) -> tuple[str, int]:
        match e:
            case Number(value):
                return self._number(value), _ATOM
            case Integer(value):
                return str(value), _ATOM
            case Name(id):
                text = self._name(id)
                return text, _SUM if " + " in _BRACKETED.sub("", text) else _ATOM
            case Negate(x):
                inner = _ATOM if isinstance(x, Negate) else _UNARY  # --x would be a decrement
                return f"-{self._at(x, inner)}", _UNARY
            case Add(terms):
                return self._sum(terms), _SUM
            case Multiply(factors):
                return " * ".join(self._at(f, _PRODUCT) for f in factors), _PRODUCT
            case Divide(x, y):
                return f"{self._at(x, _PRODUCT)} / {self._at(y, _UNARY)}", _PRODUCT
            case Power(x, exponent):
                return self._power(x, exponent)
            case Call("time_of", (instant, _)):
                return self._time_of(instant)
            case Call(function, arguments):
                return self._call(function, arguments), _ATOM
            case Compare(relation, x, y):
                return f"{self._at(x, _SUM)} {relation} {self._at(y, _SUM)}", 0
            case All(conditions):
                return self._all([self._at(c, 0) for c in conditions]), 0
            case Select(condition, then, otherwise):
                return self._select(condition, then, otherwise)
        raise InternalError(f"no text for {e!r}")

    def _function(self, name: str) -> str:
        return _FUNCTIONS[name]

    def _select(self, condition: Expr, then: Expr, otherwise: Expr) -> tuple[str, int]:
        parts = (self._at(condition, 0), self._at(then, 1), self._at(otherwise, 1))
        return "{} ? {} : {}".format(*parts), 0

    def _all(self, conditions: list[str]) -> str:
        return " && ".join(conditions)

    def _number(self, value: float) -> str:
        if isinf(value):
            return "maths::infinity" if value > 0 else "-maths::infinity"
        text = str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
        return f"{self.real}({text})"

    def _sum(self, terms: tuple[Expr, ...]) -> str:
        first, *others = terms
        text = self._at(first, _SUM)
        for term in others:
            if isinstance(term, Negate):
                text += f" - {self._at(term.x, _PRODUCT)}"
            elif isinstance(term, Number) and term.value < 0:
                text += f" - {self._number(-term.value)}"
            else:
                text += f" + {self._at(term, _SUM)}"
        return text

    def _power(self, x: Expr, exponent: float) -> tuple[str, int]:
        if exponent in _SHORT or (exponent in _WHOLE and isinstance(x, Name)):
            return " * ".join([self._at(x, _UNARY)] * int(exponent)), _PRODUCT
        return f"{self._function('pow')}({self._at(x, 0)}, {self._number(exponent)})", _ATOM

    def _time_of(self, instant: Expr) -> tuple[str, int]:
        return f"{self.real}(double({self._at(instant, 0)}) * dt)", _ATOM

    def _call(self, function: str, arguments: tuple[Expr, ...]) -> str:
        name = self._function(function)
        first, *others = (self._at(a, 0) for a in arguments)
        if function in ("min", "max"):
            for other in others:
                first = f"{name}({first}, {other})"
            return first
        return f"{name}({', '.join([first, *others])})"


@dataclass(frozen=True, slots=True)
class GeNNPrinter(CPrinter):
    """Prints GeNNCode: literals are ``scalar``, functions are overloaded and have no namespace."""

    real: str = "scalar"

    def _select(self, condition: Expr, then: Expr, otherwise: Expr) -> tuple[str, int]:
        parts = (self._at(condition, _SUM), self._at(then, _SUM), self._at(otherwise, _SUM))
        return "{} ? {} : {}".format(*parts), 0

    def _all(self, conditions: list[str]) -> str:
        return " && ".join(f"({c})" for c in conditions)

    def _function(self, name: str) -> str:
        return {"abs": "fabs", "min": "fmin", "max": "fmax"}.get(name, name)

    def _number(self, value: float) -> str:
        return repr(float(value)) if not isinf(value) else f"{'-' if value < 0 else ''}1e30"

    def _time_of(self, instant: Expr) -> tuple[str, int]:
        return f"{self._at(instant, _PRODUCT)} * dt", _PRODUCT

    def _call(self, function: str, arguments: tuple[Expr, ...]) -> str:
        if function != "sign":
            return CPrinter._call(self, function, arguments)
        x = self._at(arguments[0], _SUM)
        return f"(({x} > 0.0) ? 1.0 : (({x} < 0.0) ? -1.0 : 0.0))"


@dataclass(frozen=True, slots=True)
class DoubleGeNNPrinter(GeNNPrinter):
    """Prints GeNNCode in double precision, whatever the model's is."""

    real: str = "double"

    def _number(self, value: float) -> str:
        return f"{GeNNPrinter._number(self, value)}d"


@dataclass(frozen=True, slots=True)
class NumpyPrinter(CPrinter):
    """Prints Python over numpy arrays."""

    real: str = "float"

    def _function(self, name: str) -> str:
        return "np." + {"min": "minimum", "max": "maximum", "pow": "power"}.get(name, name)

    def _number(self, value: float) -> str:
        return repr(float(value)) if not isinf(value) else f"{'-' if value < 0 else ''}np.inf"

    def _all(self, conditions: list[str]) -> str:
        return " & ".join(f"({c})" for c in conditions)

    def _time_of(self, instant: Expr) -> tuple[str, int]:
        return f"{self._at(instant, _PRODUCT)} * DT", _PRODUCT

    def _select(self, condition: Expr, then: Expr, otherwise: Expr) -> tuple[str, int]:
        parts = ", ".join(self._at(part, 0) for part in (condition, then, otherwise))
        return f"np.where({parts})", _ATOM
