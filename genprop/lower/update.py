"""Optimisers in statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.equations.grammar import parse_expression
from genprop.lower.convert import convert
from genprop.lower.hoist import Hoister
from genprop.lower.nodes import Assign
from genprop.lower.program import UpdateProgram

if TYPE_CHECKING:
    from genprop.describe.spec import UpdateSpec

__all__ = ["lower_update"]


def lower_update(spec: UpdateSpec) -> UpdateProgram:
    """The update of one group of parameters; what is the same for all elements is hoisted."""
    fixed = {
        name: sympy.Symbol(name, real=True) for name in (*(s.name for s in spec.settings), "n")
    }
    moving = {
        name: sympy.Symbol(name, real=True) for name in (*(s.name for s in spec.states), "g", "x")
    }
    hoist = Hoister(fixed.values())
    body = tuple(
        Assign(e.target, hoist.nodes(parse_expression(e, {**fixed, **moving})))
        for e in spec.equations
    )
    return UpdateProgram(
        spec.name,
        spec.parameters,
        tuple((s.name, s.value) for s in spec.settings),
        tuple(s.name for s in spec.states),
        tuple(Assign(name, convert(e)) for name, e in hoist.definitions()),
        body,
    )
