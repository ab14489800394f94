"""Statements of a Program as Python functions, for what runs one neuron at a time.

:mod:`~genprop.numerics.evaluate` walks over the nodes each time, and numpy takes several times as
long for one number as Python's own floats do. Here statements are translated once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import numpy as np

from genprop.numerics.evaluate import evaluate, execute
from genprop.numerics.float_writer import FloatWriter, NoFloatError

if TYPE_CHECKING:
    from genprop.lower.nodes import Expr, Statement

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
    def evaluated(
        values: MutableMapping[str, Array], accumulate: Callable[[str, Array], None] | None
    ) -> None:
        with np.errstate(all="ignore"):
            execute(same.tree, values, accumulate)

    writer = FloatWriter()
    try:
        for statement in same.tree:
            writer.add(statement)
    except NoFloatError:
        return evaluated
    return cast("Routine", writer.function("None", evaluated))


@functools.lru_cache(_MOST)
def _formula(same: _Same[Expr]) -> Formula:
    def evaluated(values: Mapping[str, Array], _: object = None) -> Array:
        with np.errstate(all="ignore"):
            return evaluate(same.tree, values)

    writer = FloatWriter()
    try:
        called = writer.function(writer.value(same.tree).as_numpy, evaluated)
    except NoFloatError:
        return evaluated
    return lambda values: cast("Any", called)(values, None)
