"""Lateral inhibition by a dictionary: weights 1 − DᵀD, D the feed-forward weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.derived import Declared
from genprop.errors import DescriptionError, did_you_mean
from genprop.stages.base import Stage

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec, ParameterSpec, ProjectionSpec
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays

__all__ = ["Gram", "GramOf", "gram"]


@dataclass(frozen=True)
class Gram(Stage):
    """``target`` = 1 − DᵀD with D (pre, post) the weights ``source``; dL/dD = −D (G + Gᵀ)."""

    target: str
    source: str

    @property
    def name(self) -> str:
        """``"gram <target>"``."""
        return f"gram {self.target}"

    def declare(self, spec: NetworkSpec) -> Declared:
        """The target.

        Raises:
            DescriptionError: where one of the two is not dense, or their sizes do not fit.
        """
        ours, theirs = (_projection(spec, name) for name in (self.target, self.source))
        atoms = theirs.weight.shape[-1]
        dense = ours.pattern.kind == theirs.pattern.kind == "dense"
        if not dense or ours.weight.shape != (atoms, atoms):
            raise DescriptionError(
                f"{self.target} is 1 − DᵀD of {self.source}, which has other sizes or synapses",
                where=self.target,
                remedy="let both be dense, from the dictionary's neurons to themselves",
            )
        return Declared((), (self.target,), (self.source,))

    def forward(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        """1 − DᵀD."""
        dictionary = values[self.source]
        return {self.target: np.eye(dictionary.shape[1]) - dictionary.T @ dictionary}

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        """−D (G + Gᵀ)."""
        if self.target not in gradients:
            return {}
        slope = gradients[self.target]
        return {self.source: -values[self.source] @ (slope + slope.T)}


@dataclass(frozen=True, slots=True)
class GramOf:
    """What :func:`gram` gives: a weight as ``connect`` takes it."""

    source: str

    def placeholder(self, known: Mapping[str, ParameterSpec]) -> float:
        """No value of its own.

        Raises:
            DescriptionError: for a source that is not described.
        """
        if self.source not in known:
            raise DescriptionError(
                f"gram({self.source!r}): there are no such weights yet",
                remedy=did_you_mean(self.source, known),
            )
        return 0.0

    def of(self, projection: ProjectionSpec, target: ParameterSpec) -> Gram:
        """The stage.

        Raises:
            DescriptionError: for what is no weight.
        """
        if target.key != "weight" or not self.source.endswith(".weight"):
            raise DescriptionError(
                f"{target.name} cannot be 1 − DᵀD of {self.source}",
                where=target.name,
                remedy='give it as a weight, of weights: weight=gp.gram("input->atoms.weight")',
            )
        return Gram(target.name, self.source)


def gram(dictionary: str) -> GramOf:
    """Weights 1 − DᵀD among neurons whose feed-forward weights are a dictionary D.

    ``net.connect(atoms, atoms, gp.synapse("graded"), weight=gp.gram("input->atoms.weight"))``: with
    it neurons of the model ``lca`` minimise ½‖x − Da‖² + γ‖a‖₁. Where D learns, its gradient holds
    what goes through the inhibition.

    Args:
        dictionary: the flat name of the weights D (dim, atoms), of an earlier projection.
    """
    if not isinstance(dictionary, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DescriptionError(
            f"gram: {dictionary!r:.60} is no name of weights",
            remedy='gp.gram("input->atoms.weight")',
        )
    return GramOf(dictionary)


def _projection(spec: NetworkSpec, parameter: str) -> ProjectionSpec:
    return next(p for p in spec.projections if p.name == parameter.rpartition(".")[0])
