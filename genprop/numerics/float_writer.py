"""Statements of a Program as the text of a Python function, on Python's own floats.

Operation by operation in the same order as :mod:`~genprop.numerics.evaluate`, so that every bit is
the same: sums, products and quotients are IEEE's in both, functions and powers stay numpy's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from genprop.lower.nodes import (
    Add,
    AddTo,
    All,
    Assign,
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
from genprop.numerics.evaluate import FUNCTIONS

__all__ = ["FloatWriter", "NoFloatError"]


class NoFloatError(Exception):
    """A value is an integer or a truth where Python's arithmetic and numpy's may differ."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A variable or literal of the text, and what the evaluation has in its place.

    ``as_numpy`` is that: an array of one or a scalar of numpy, which the two raise to powers by
    different means.
    """

    text: str
    as_numpy: str
    kind: type = float


def _zero_divided(x: float, y: float) -> float:
    with np.errstate(all="ignore"):
        return (np.float64(x) / np.float64(y)).item()


_GIVEN: dict[str, object] = {
    "array": np.asarray,
    "errstate": np.errstate,
    "float64": np.dtype(np.float64),
    "scalar": np.float64,
    "truth": np.bool_,
    "zero_divided": _zero_divided,
}


class FloatWriter:
    """Writes a line for each operation, on floats of Python."""

    def __init__(self) -> None:
        self._reads: list[str] = []
        self._lines: list[str] = []
        self._constants = dict(_GIVEN)
        self._known: dict[str, _Value] = {}
        self._seen: dict[str, str] = {}
        self._sizes = set[str]()
        self._warns = False

    def function(self, result: str, otherwise: object) -> object:
        """The lines as a function of values and of what takes gradients.

        ``otherwise`` is called in its place where a value that it reads is no float of 64 bits.
        """
        text = "def run(values, accumulate):\n"
        text += "".join(f" r{k} = values[{name!r}]\n" for k, name in enumerate(self._reads))
        kinds = " and ".join(f"r{k}.dtype is float64" for k in range(len(self._reads)))
        text += f" if not ({kinds or True}):\n  return otherwise(values, accumulate)\n"
        text += "".join(f" v{k} = r{k}.item()\n" for k in range(len(self._reads)))
        if self._warns:  # beneath it all lines that follow
            text += " with errstate(all='ignore'):\n"
        indent = "  " if self._warns else " "
        text += "".join(f"{indent}{line}\n" for line in (*self._lines, f"return {result}"))
        exec(text, self._constants | {"otherwise": otherwise}, found := dict[str, object]())
        return found["run"]

    def add(self, statement: Statement) -> None:
        """A statement; later ones see what it assigned."""
        value = self.value(statement.value)
        if isinstance(statement, Assign | AddTo):
            target = statement.target
            if isinstance(statement, AddTo):
                value = self._arithmetic("+", (self.value(Name(target)), value))
            self._lines.append(f"values[{target!r}] = {value.as_numpy}")
            self._known[target] = value
        else:
            given = f"{statement.parameter!r}, {value.as_numpy}"
            self._lines.append(f"if accumulate is not None: accumulate({given})")

    def value(self, e: Expr) -> _Value:
        """The value of ``e``, after the lines that compute it."""
        match e:
            case Number(value) | Integer(value):
                return self._number(np.asarray(value))
            case Name(id):
                return self._read(id)
            case Negate(x):
                return self._negative(self.value(x))
            case Add(parts):
                return self._arithmetic("+", tuple(map(self.value, parts)))
            case Multiply(parts):
                return self._arithmetic("*", tuple(map(self.value, parts)))
            case Divide(x, y):
                return self._quotient(self._float(x), self._float(y))
            case Power(x, exponent):
                base = self.value(x)
                _refuse(base.kind is not float)
                self._warns = True
                return self._scalar(f"({base.as_numpy} ** {self._constant(exponent)}).item()")
            case Call(function, parts):
                return self._call(function, parts)
            case Compare(relation, x, y):
                return self._truth(f"{self._float(x)} {relation} {self._float(y)}")
            case All(parts):
                return self._truth(" and ".join(self.value(x).text for x in parts) or "True")
            case Select(condition, x, y):
                return self._selected(self.value(condition), self.value(x), self.value(y))
        raise NoFloatError

    def _read(self, name: str) -> _Value:
        if name not in self._known:
            k = len(self._reads)
            self._reads.append(name)
            self._known[name] = _Value(f"v{k}", f"r{k}")
        return self._known[name]

    def _number(self, value: np.ndarray) -> _Value:
        number = value.item()
        text = repr(number) if np.isfinite(number) else self._constant(number)
        return _Value(text, self._constant(value), type(number))

    def _float(self, e: Expr) -> str:
        """An operand; integers, which are literals, stand as the floats that they become."""
        value = self.value(e)
        _refuse(value.kind is bool)
        return f"{float(value.text)!r}" if value.kind is int else value.text

    def _negative(self, x: _Value) -> _Value:
        _refuse(x.kind is bool)
        if x.kind is int:
            return _Value(str(-int(x.text)), self._constant(np.int64(-int(x.text))), int)
        return self._scalar(f"-{x.text}")

    def _arithmetic(self, sign: str, parts: tuple[_Value, ...]) -> _Value:
        if len(parts) == 1:
            return parts[0]
        _refuse(any(x.kind is bool for x in parts) or parts[0].kind is parts[1].kind is int)
        result, *others = parts
        for part in others:
            result = self._scalar(f"{result.text} {sign} {part.text}")
        return result

    def _quotient(self, x: str, y: str) -> _Value:
        return self._scalar(f"{x} / {y} if {y} else zero_divided({x}, {y})")

    def _call(self, function: str, parts: tuple[Expr, ...]) -> _Value:
        if len(parts) == 1 and function in ("min", "max", "pow"):
            return self.value(parts[0])
        _refuse(all(self.value(part).kind is int for part in parts))
        result, *others = (self._float(part) for part in parts)
        if function == "abs":
            return self._size(f"abs({result})")
        if not others:
            return self._called(function, result)
        for part in others:
            if function in ("min", "max"):
                made = self._greater(">" if function == "max" else "<", function, result, part)
            else:
                made = self._called(function, f"{result}, {part}")
            result = made.text
        return _Value(result, f"scalar({result})")

    def _called(self, function: str, arguments: str) -> _Value:
        self._warns = True
        return self._scalar(f"{self._constant(FUNCTIONS[function])}({arguments}).item()")

    def _greater(self, relation: str, function: str, x: str, y: str) -> _Value:
        """Where both are sizes, which have no -0; others that are equal or NaN are numpy's."""
        called = f"{self._constant(FUNCTIONS[function])}({x}, {y}).item()"
        made = f"{y} if {y} {relation} {x} else {called}"
        if {x, y} <= self._sizes:
            return self._size(f"{x} if {x} {relation}= {y} else {made}")
        return self._scalar(f"{x} if {x} {relation} {y} else {made}")

    def _size(self, right: str) -> _Value:
        value = self._scalar(right)
        self._sizes.add(value.text)
        return value

    def _selected(self, condition: _Value, x: _Value, y: _Value) -> _Value:
        _refuse(condition.kind is not bool or x.kind is bool or y.kind is bool)
        _refuse(x.kind is y.kind is int)
        then, otherwise = (f"float({v.text})" if v.kind is int else v.text for v in (x, y))
        name = self._line(f"{then} if {condition.text} else {otherwise}")
        return _Value(name, f"array({name})")

    def _scalar(self, right: str) -> _Value:
        name = self._line(right)
        return _Value(name, f"scalar({name})")

    def _truth(self, right: str) -> _Value:
        name = self._line(right)
        return _Value(name, f"truth({name})", bool)

    def _constant(self, value: object) -> str:
        exact = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        what = f"{type(value).__name__} {exact!r}"  # numpy shows eight digits of an array
        return self._named("c", what, lambda name: self._constants.update({name: value}))

    def _line(self, right: str) -> str:
        """The variable that is given ``right``: the earlier one where that was computed before."""
        return self._named("x", right, lambda name: self._lines.append(f"{name} = {right}"))

    def _named(self, letter: str, what: str, add: Callable[[str], object]) -> str:
        if what not in self._seen:
            self._seen[what] = f"{letter}{len(self._seen)}"
            add(self._seen[what])
        return self._seen[what]


def _refuse(strange: bool) -> None:
    if strange:
        raise NoFloatError
