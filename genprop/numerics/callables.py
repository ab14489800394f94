"""Derived expressions as numpy functions, so that later rooms evaluate them without sympy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import sympy

from genprop.equations.numpy_form import numpy_form

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Arguments", "NumpyFunction", "Terms", "jacobian_function", "numpy_function"]

NumpyFunction = Callable[..., "NDArray[np.float64]"]
Terms = Mapping[sympy.Symbol, sympy.Expr]
Arguments = Sequence[sympy.Symbol]


def numpy_function(
    expressions: Sequence[sympy.Expr], arguments: Sequence[sympy.Symbol]
) -> NumpyFunction:
    """Every expression as one function of ``arguments``, numbers or arrays that broadcast.

    One that divides by 0 whatever the arguments are is NaN, as at a spike that no flow leads to.

    Returns:
        float64 ``(len(expressions), *shape)``, ``shape`` the broadcast shape of the arguments.
    """
    defined = [numpy_form(e) for e in expressions]
    raw = sympy.lambdify(list(arguments), defined, modules="numpy", cse=True)
    count = len(expressions)

    def evaluate(*values: float | NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):  # of cases that are not chosen
            parts = raw(*values)
        shapes = {v.shape for v in values if isinstance(v, np.ndarray)}
        result = np.empty((count, *_broadcast(shapes)) if shapes else count)
        for k in range(count):
            result[k] = parts[k]
        return result

    return evaluate


def _broadcast(shapes: set[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape of all together; numpy takes longer than most functions here where all agree."""
    shapes.discard(())
    return shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)


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
