"""Statements of a Program as Python functions, for what runs one neuron at a time.

:mod:`~genprop.numerics.evaluate` walks over the nodes each time, which takes several times as long
as numpy does for one number. Here they are translated once, operation by operation, in the same
order and on the same types, so that every bit is the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Generic, TypeVar, cast

import numpy as np

from genprop.errors import InternalError
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

__all__ = ["Formula", "Routine", "formula", "routine"]

Array = np.ndarray
Formula = Callable[[Mapping[str, Array]], Array]
Routine = Callable[[MutableMapping[str, Array], Callable[[str, Array], None] | None], None]
_T = TypeVar("_T")
_MOST = 256
"""So many stay in memory, those of the networks that ran last."""


def routine(statements: tuple[Statement, ...]) -> Routine:
    """What does as :func:`~genprop.numerics.evaluate.execute` with these statements, but sooner."""
    return _routine(_Same(statements))


def formula(expression: Expr) -> Formula:
    """What gives :func:`~genprop.numerics.evaluate.evaluate` of this expression, but sooner."""
    return _formula(_Same(expression))


class _Same(Generic[_T]):
    """A tree as a key: hashed and compared by identity, whatever its size."""

    __slots__ = ("tree",)

    def __init__(self, tree: _T) -> None:
        self.tree = tree

    def __hash__(self) -> int:
        return id(self.tree)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and cast("Any", other).tree is self.tree


@functools.lru_cache(_MOST)
def _routine(same: _Same[tuple[Statement, ...]]) -> Routine:
    writer = _Writer()
    for statement in same.tree:
        writer.add(statement)
    return cast("Routine", writer.function("None"))


@functools.lru_cache(_MOST)
def _formula(same: _Same[Expr]) -> Formula:
    writer = _Writer()
    called = cast("Routine", writer.function(writer.value(same.tree)))
    return lambda values: cast("Any", called)(values, None)


class _Writer:
    """Writes a line for each operation; names and numbers of the tree are constants beside them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._constants: dict[str, object] = {"where": np.where, "errstate": np.errstate}
        self._known: dict[str, str] = {}
        self._seen: dict[str, str] = {}

    def function(self, result: str) -> object:
        """The lines as a function of values and of what takes gradients."""
        text = "def run(values, accumulate):\n with errstate(all='ignore'):\n  pass\n"
        text += "".join(f"  {line}\n" for line in self._lines) + f"  return {result}\n"
        exec(text, self._constants)
        return self._constants["run"]

    def add(self, statement: Statement) -> None:
        """A statement; later ones see what it assigned."""
        value = self.value(statement.value)
        if isinstance(statement, Assign | AddTo):
            target = statement.target
            if isinstance(statement, AddTo):
                value = self._line(f"{self.value(Name(target))} + {value}")
            self._lines.append(f"values[{self._constant(target)}] = {value}")
            self._known[target] = value
        else:
            name = self._constant(statement.parameter)
            self._lines.append(f"if accumulate is not None: accumulate({name}, {value})")

    def value(self, e: Expr) -> str:
        """The variable or constant that holds the value of ``e``."""
        match e:
            case Number(value) | Integer(value):
                return self._constant(np.asarray(value))
            case Name(id):
                if id not in self._known:
                    self._known[id] = self._line(f"values[{self._constant(id)}]")
                return self._known[id]
            case Negate(x):
                return self._line(f"-{self._operand(x)}")
            case Add(parts):
                return self._fold("+", parts)
            case Multiply(parts):
                return self._fold("*", parts)
            case Divide(x, y):
                return self._line(f"{self._operand(x)} / {self._operand(y)}")
            case Power(x, exponent):
                return self._line(f"{self.value(x)} ** {self._constant(exponent)}")
            case Call(function, parts):
                return self._call(function, parts)
            case Compare(relation, x, y):
                return self._line(f"{self._operand(x)} {relation} {self._operand(y)}")
            case All(parts):
                held = [self.value(part) for part in parts]
                return self._line(" and ".join(held) or "True")
            case Select(condition, x, y):
                then, otherwise = self.value(x), self.value(y)
                return self._line(f"where({self.value(condition)}, {then}, {otherwise})")
        raise InternalError(f"no value for {e!r}")

    def _operand(self, e: Expr) -> str:
        """A number beside an operator: no array of one, with which numpy takes ten times as long.

        Powers alone read what there is: numpy multiplies an array with itself, and raises a scalar.
        """
        if isinstance(e, Number | Integer):
            return self._constant(np.asarray(e.value)[()])
        value = self.value(e)
        return self._line(f"{value}[()]") if isinstance(e, Name | Select) else value

    def _fold(self, sign: str, parts: tuple[Expr, ...]) -> str:
        if len(parts) == 1:
            return self.value(parts[0])
        result, *others = (self._operand(part) for part in parts)
        for part in others:
            result = self._line(f"{result} {sign} {part}")
        return result

    def _call(self, function: str, parts: tuple[Expr, ...]) -> str:
        name = "abs" if function == "abs" else self._constant(FUNCTIONS[function])
        result, *others = (self._operand(part) for part in parts)
        if not others and function not in ("min", "max", "pow"):
            return self._line(f"{name}({result})")
        for part in others:
            result = self._line(f"{name}({result}, {part})")
        return result

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
