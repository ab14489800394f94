"""Tied parameters: a weight or delay that is another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.derived import Declared
from genprop.describe.initial import Learn
from genprop.errors import DescriptionError, did_you_mean
from genprop.stages.base import Stage

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec, ParameterSpec, ProjectionSpec
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays

__all__ = ["Tied", "TiedTo", "tied"]


@dataclass(frozen=True)
class Tied(Stage):
    """``target`` = ``source``, element by element; the source's gradient is the sum of both."""

    target: str
    source: str

    @property
    def name(self) -> str:
        """``"tied <target>"``."""
        return f"tied {self.target}"

    def declare(self, spec: NetworkSpec) -> Declared:
        """The target.

        Raises:
            DescriptionError: where the two have different synapses.
        """
        ours, theirs = (spec.projection(x.rpartition(".")[0]) for x in (self.target, self.source))
        if _kind(ours) != _kind(theirs) or ours.weight.shape != theirs.weight.shape:
            raise self._differ()
        return Declared((), (self.target,), (self.source,))

    def forward(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        """The source's values.

        Raises:
            DescriptionError: where the two have different synapses by now.
        """
        ours, theirs = (topology[n.rpartition(".")[0]] for n in (self.target, self.source))
        if ours is not theirs and not (
            np.array_equal(ours.column, theirs.column)
            and np.array_equal(ours.row_start, theirs.row_start)
        ):
            raise self._differ()
        return {self.target: values[self.source]}

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        """The target's gradient is the source's."""
        return {self.source: gradients[self.target]} if self.target in gradients else {}

    def _differ(self) -> DescriptionError:
        return DescriptionError(
            f"{self.target} is tied to {self.source}, which has other synapses",
            where=self.target,
            remedy="tie projections of equal sizes and patterns, of which none is rewired",
        )


@dataclass(frozen=True, slots=True)
class TiedTo:
    """What :func:`tied` gives: a weight or delay as ``connect`` takes it."""

    source: str

    def placeholder(self, known: Mapping[str, ParameterSpec]) -> Learn:
        """A value of the source's bounds.

        Raises:
            DescriptionError: for a source that is not described.
        """
        if self.source not in known:
            raise DescriptionError(
                f"tied({self.source!r}): there is no such weight or delay yet",
                remedy=did_you_mean(self.source, known),
            )
        found = known[self.source]
        if found.key == "delay":
            return Learn(0.0, maximum=found.maximum)
        return Learn(0.0)

    def of(self, projection: ProjectionSpec, target: ParameterSpec) -> Tied:
        """The stage.

        Raises:
            DescriptionError: for a weight that is tied to a delay, or the reverse.
        """
        if target.key != self.source.rpartition(".")[2]:
            raise DescriptionError(
                f"{target.name} is tied to {self.source}, which is of another kind",
                where=target.name,
                remedy="tie weights to weights, and delays to delays",
            )
        return Tied(target.name, self.source)


def tied(source: str) -> TiedTo:
    """A weight or delay that is that of an earlier projection: ``weight=gp.tied("a->b.weight")``.

    The two projections have the same sizes and pattern. The parameter exists once, and its gradient
    is the sum over both.

    Args:
        source: the flat name of the weight or delay.
    """
    if not isinstance(source, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DescriptionError(
            f"tied: {source!r:.60} is no name of a parameter", remedy='gp.tied("a->b.weight")'
        )
    return TiedTo(source)


def _kind(projection: ProjectionSpec) -> tuple[str, object]:
    return projection.pattern.kind, projection.pattern.drawn
