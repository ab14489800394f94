"""Derived expressions as numpy functions, so that later rooms evaluate them without sympy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import sympy

from genprop.equations.kinks import one_sided
from genprop.equations.linoid import cases, linoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Arguments", "NumpyFunction", "Terms", "jacobian_function", "numpy_function"]

NumpyFunction = Callable[..., "NDArray[np.float64]"]
Terms = Mapping[sympy.Symbol, sympy.Expr]
Arguments = Sequence[sympy.Symbol]
_LONGEST = 2**53
"""Beyond it numpy would make objects of integers."""


def numpy_function(
    expressions: Sequence[sympy.Expr], arguments: Sequence[sympy.Symbol]
) -> NumpyFunction:
    """Every expression as one function of ``arguments``, numbers or arrays that broadcast.

    One that divides by 0 whatever the arguments are is NaN, as at a spike that no flow leads to.

    Returns:
        float64 ``(len(expressions), *shape)``, ``shape`` the broadcast shape of the arguments.
    """
    defined = [_in_numbers(e) for e in expressions]
    raw = sympy.lambdify(list(arguments), defined, modules="numpy", cse=True)
    count = len(expressions)

    def evaluate(*values: float | NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):  # of cases that are not chosen
            parts = raw(*values)
        result = np.empty((count, *_broadcast({getattr(v, "shape", ()) for v in values})))
        for k in range(count):
            result[k] = parts[k]
        return result

    return evaluate


def _broadcast(shapes: set[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape of all together; numpy takes longer than most functions here where all agree."""
    shapes.discard(())
    return shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)


def _in_numbers(expression: sympy.Expr) -> sympy.Expr:
    """What numpy computes: no distributions, linoids as their cases, no integers of any length."""
    e = one_sided(cast("sympy.Expr", expression.xreplace({sympy.zoo: sympy.nan})))
    e = e.replace(lambda x: isinstance(x, linoid), cases)
    long = [n for n in e.atoms(sympy.Rational) if max(abs(n.p), n.q) > _LONGEST]
    return cast("sympy.Expr", e.xreplace({n: sympy.Float(float(n)) for n in long}))


def jacobian_function(
    expressions: Sequence[sympy.Expr],
    variables: Sequence[sympy.Symbol],
    arguments: Sequence[sympy.Symbol],
) -> NumpyFunction:
    """∂expressions/∂variables as a numpy function of ``arguments``.

    Returns:
        float64 ``(len(expressions), len(variables), *shape)``.
    """
    entries = [sympy.diff(e, x) for e in expressions for x in variables]
    flat = numpy_function(entries, arguments)
    rows, columns = len(expressions), len(variables)

    def evaluate(*values: float | NDArray[np.float64]) -> NDArray[np.float64]:
        found = flat(*values)
        return found.reshape(rows, columns, *found.shape[1:])

    return evaluate
