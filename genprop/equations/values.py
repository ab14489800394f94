"""The values of right-hand sides at given numbers, and the piece that has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from genprop.equations.syntax import Node

__all__ = ["first_pole", "value_of"]

Array = np.ndarray


def _exprel(x: Array) -> Array:
    """(exp(x) − 1)/x, 1 at 0."""
    return np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x))


_OPERATIONS: Mapping[str, Callable[..., Array]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
    "negate": np.negative,
    "abs": np.abs,
    "cos": np.cos,
    "exp": np.exp,
    "exprel": _exprel,
    "log": np.log,
    "max": np.maximum,
    "min": np.minimum,
    "sign": np.sign,
    "sin": np.sin,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
}


def value_of(node: Node, values: Mapping[str, Array]) -> Array:
    """The value of a piece, in float64; NaN or infinite where it has none.

    Args:
        node: the piece.
        values: of every name that it reads: numbers, or arrays that broadcast.
    """
    if node.kind == "number":
        return np.array(node.text, np.float64)
    if node.kind == "name":
        return np.asarray(values[node.text], np.float64)
    operation = _OPERATIONS[node.text if node.kind == "call" else node.kind]
    with np.errstate(all="ignore"):
        return operation(*(value_of(operand, values) for operand in node.operands))


def first_pole(node: Node, values: Mapping[str, Array]) -> Node | None:
    """The smallest piece without a finite value, the leftmost of several; None where all is finite.

    What an infinite piece does not spoil, such as the other side of ``min``, is finite.
    """
    if np.isfinite(value_of(node, values)).all():
        return None
    inner = (first_pole(operand, values) for operand in node.operands)
    return next((found for found in inner if found is not None), node)
