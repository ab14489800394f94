"""Right sides that have a value at a point and no slope there, as a root at 0."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np

from genprop.equations.syntax import names_in, read
from genprop.equations.values import value_of

if TYPE_CHECKING:
    from genprop.describe.spec import Equation
    from genprop.equations.syntax import Node

__all__ = ["steep_piece"]

Array = np.ndarray
Values = Mapping[str, Array]


def steep_piece(
    equation: Equation, values: Values, along: Set[str], known: Set[str] | None
) -> tuple[Node, Array] | None:
    """A root or power of 0 that leaves the right side without a finite slope, and where that is.

    Slopes are taken as the adjoint takes them: a power whose exponent is a parameter has none at 0
    whatever its value, since that of aⁿ is n aⁿ/a.

    Args:
        equation: with a finite value at ``values``.
        values: of every name that it reads.
        along: the states, and the parameters that learn.
        known: names whose values are certain; None where all are.
    """
    for piece in _roots(read(equation)):
        zero = value_of(piece.operands[0], values) == 0
        if not zero.any() or (known is not None and not known >= set(names_in(piece))):
            continue
        moving = tuple(sorted(along & set(names_in(piece))))
        if moving:
            bad = ~np.isfinite(_slopes(equation, moving)(values)).all(axis=0) & zero
            if bad.any():
                return piece, bad
    return None


def _roots(node: Node) -> Iterator[Node]:
    """Roots, and powers but those to a positive integer."""
    for operand in node.operands:
        yield from _roots(operand)
    if node.kind == "call" and node.text == "sqrt":
        yield node
    if node.kind == "**":
        exponent = node.operands[1]
        whole = exponent.kind == "number" and float(exponent.text).is_integer()
        if not whole or float(exponent.text) < 1:
            yield node


@lru_cache(256)
def _slopes(equation: Equation, along: tuple[str, ...]) -> Callable[[Values], Array]:
    """The slopes of a right side along some names, as a function of values: (names, …)."""
    import sympy  # only where there is a root at 0

    from genprop.equations.grammar import parse_expression
    from genprop.equations.numpy_form import numpy_form

    names = list(dict.fromkeys(names_in(read(equation))))
    symbols = {name: sympy.Symbol(name, real=True) for name in names}
    whole = parse_expression(equation, symbols)
    found = [numpy_form(cast("sympy.Expr", sympy.diff(whole, symbols[x]))) for x in along]
    evaluate = sympy.lambdify(list(symbols.values()), found, modules="numpy")

    def slopes(values: Values) -> Array:
        given = [np.asarray(values[name], np.float64) for name in names]
        with np.errstate(all="ignore"):
            return np.stack(np.broadcast_arrays(*evaluate(*given), *given)[: len(along)])

    return slopes
