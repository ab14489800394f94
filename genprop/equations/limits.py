"""Right sides that have a value although a piece of them, as it is written, has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import sympy

from genprop.equations.grammar import parse_expression
from genprop.equations.linoid import linoid
from genprop.equations.numpy_form import numpy_form
from genprop.equations.syntax import names_in, read

if TYPE_CHECKING:
    from genprop.describe.spec import Equation

__all__ = ["finite_in_the_limit"]


def finite_in_the_limit(equation: Equation, values: Mapping[str, np.ndarray]) -> bool:
    """Whether a right side with removable singularities is finite at ``values`` without them."""
    names = dict.fromkeys(names_in(read(equation)))
    symbols = {name: sympy.Symbol(name, real=True) for name in names}
    found = parse_expression(equation, symbols)
    if not found.has(linoid):
        return False
    evaluated = sympy.lambdify(list(symbols.values()), numpy_form(found), modules="numpy")
    with np.errstate(all="ignore"):
        return bool(np.isfinite(evaluated(*(values[name] for name in names))).all())
