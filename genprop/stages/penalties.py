"""Costs on parameters: sums of absolute values or squares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from genprop.describe.derived import Declared
from genprop.describe.objective import Loss
from genprop.errors import DescriptionError, did_you_mean
from genprop.stages.base import Stage

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays

__all__ = ["L1", "L2", "AbsolutePenalty", "Penalised", "SquarePenalty"]


@dataclass(frozen=True)
class Penalised(Stage):
    """``coefficient`` × a cost of every parameter that ``of`` names, added to the loss."""

    of: tuple[str, ...]
    coefficient: float = 1.0
    title: ClassVar[str] = ""

    @property
    def name(self) -> str:
        """``"L1 weight"``."""
        return f"{self.title} {', '.join(self.of)}"

    def scaled(self, factor: float) -> Penalised:
        """``factor`` times it."""
        return replace(self, coefficient=factor * self.coefficient)

    def declare(self, spec: NetworkSpec) -> Declared:
        """Nothing; the names are checked.

        Raises:
            DescriptionError: for a name that is that of no parameter.
        """
        known = {word for p in (*spec.parameters(), *spec.leaves) for word in _words(p.name)}
        for word in self.of:
            if word not in known:
                raise DescriptionError(
                    f"there is no parameter {word!r}",
                    where=f"the loss {self.name}",
                    remedy=did_you_mean(word, known),
                )
        return Declared()

    def penalty(
        self, values: Mapping[str, np.ndarray], topology: Topology
    ) -> tuple[float, Arrays] | None:
        """The cost, and its gradient."""
        chosen = [name for name in values if not _words(name).isdisjoint(self.of)]
        found = {name: self.cost(np.asarray(values[name], np.float64)) for name in chosen}
        total = self.coefficient * sum(value for value, _ in found.values())
        return total, {name: self.coefficient * slope for name, (_, slope) in found.items()}

    def cost(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Of one array, and its gradient."""
        raise NotImplementedError


@dataclass(frozen=True)
class AbsolutePenalty(Penalised):
    """Σ |x|; its gradient is sign(x), 0 at 0."""

    title: ClassVar[str] = "L1"

    def cost(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Σ |x|."""
        return float(np.abs(x).sum()), np.sign(x)


@dataclass(frozen=True)
class SquarePenalty(Penalised):
    """Σ x²; its gradient is 2 x."""

    title: ClassVar[str] = "L2"

    def cost(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Σ x²."""
        return float((x * x).sum()), 2.0 * x


def L1(*parameters: str) -> Loss:
    """C = Σ |x| over every element of ``parameters``: ``loss + 1e-5 * gp.L1("weight")``.

    It is added once for every batch; history holds it as ``"train.loss.L1 weight"``.

    Args:
        parameters: flat names (``"hidden->hidden.weight"``), or what follows the last dot of one
            (``"weight"``: the weights of all projections, derived ones too).

    Raises:
        DescriptionError: without a name; and, in ``compile``, for one of no parameter.
    """
    return Loss((), (AbsolutePenalty(_named("L1", parameters)),))


def L2(*parameters: str) -> Loss:
    """C = Σ x² over every element of ``parameters``; see :func:`L1`."""
    return Loss((), (SquarePenalty(_named("L2", parameters)),))


def _named(title: str, parameters: tuple[str, ...]) -> tuple[str, ...]:
    if not parameters:
        raise DescriptionError(
            f"{title} is of parameters, and was given none", remedy=f'write gp.{title}("weight")'
        )
    for name in parameters:
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DescriptionError(
                f"{title} is of parameters by name, not of {name!r:.60}",
                remedy=f'write gp.{title}("weight")',
            )
    return parameters


def _words(name: str) -> frozenset[str]:
    """By which a parameter may be named."""
    return frozenset((name, name.rpartition(".")[2]))
