"""One expression of an element and its derivatives, as the Program's nodes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop.lower.nodes import names_in

if TYPE_CHECKING:
    from genprop.lower.nodes import Expr

__all__ = ["Formula", "formula"]


@dataclass(frozen=True, slots=True)
class Formula:
    """``value`` of an element, and ∂value/∂name for every name it reads, in their order."""

    value: Expr
    derivatives: tuple[tuple[str, Expr], ...]


def formula(text: str, names: Iterable[str], where: str) -> Formula:
    """A formula from text in the grammar of models: ``"abs(x - y)"``.

    The derivatives are sympy's: that of ``abs`` is ``sign``, which is 0 at 0, and those of a root
    divide by it.

    Raises:
        EquationError: where it does not parse, or reads a name that is not among ``names``.
    """
    import sympy

    from genprop.describe.spec import Equation
    from genprop.equations.grammar import parse_expression
    from genprop.lower.convert import convert

    symbols = {name: sympy.Symbol(name, real=True) for name in names}
    value = parse_expression(Equation("value", text, where), symbols)
    nodes = convert(value)
    read = dict.fromkeys(names_in(nodes))
    return Formula(
        nodes,
        tuple((name, convert(sympy.diff(value, symbols[name]))) for name in read),
    )
