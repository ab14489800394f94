"""What a stage computes for each synapse of a projection, as the Program's nodes, for devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genprop.lower.formula import Formula
    from genprop.lower.nodes import Assign

__all__ = ["Derivation", "Operand", "Source"]


@dataclass(frozen=True, slots=True)
class Operand:
    """A name that a formula reads: the parameter ``of``, and which of its elements.

    ``at`` is ``"element"`` (one value per synapse or neuron), ``"pre"`` or ``"post"`` (that of the
    synapse's sender or receiver) or ``"one"`` (the same for all). ``component`` chooses a column of
    a parameter (n, D); −1 where it has none.
    """

    local: str
    of: str
    at: str = "element"
    component: int = -1


@dataclass(frozen=True, slots=True)
class Source:
    """An array that operands are elements of: a leaf, or a constant of the stage.

    Attributes:
        name: flat.
        columns: D of an array (n, D), else 1.
        learned: whether its gradient is wanted.
        constant: whether it is the stage's own, which no one sets and no state holds.
    """

    name: str
    columns: int
    learned: bool
    constant: bool = False


@dataclass(frozen=True, slots=True)
class Derivation:
    """``target``, a weight or delay of ``projection``, from leaves, synapse by synapse.

    With s a synapse, ``lines`` that are computed first, and a(s) the place that an operand x is
    read at,

        target_s = formula(…, x_{a(s)}, …),   ∂L/∂x_i = Σ_{s: a(s) = i} ∂L/∂target_s ∂formula/∂x (s)

    Every operand is of one of ``sources``, none of which is itself derived.
    """

    target: str
    projection: str
    formula: Formula
    operands: tuple[Operand, ...]
    sources: tuple[Source, ...]
    lines: tuple[Assign, ...] = ()

    def source(self, name: str) -> Source:
        """That of an operand."""
        return next(s for s in self.sources if s.name == name)

    @property
    def learned(self) -> tuple[Operand, ...]:
        """The operands whose gradients are wanted."""
        slopes = dict(self.formula.derivatives)
        return tuple(o for o in self.operands if o.local in slopes and self.source(o.of).learned)
