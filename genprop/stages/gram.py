"""Weights that a dictionary D gives: lateral inhibition 1 − DᵀD, feedback −Dᵀ."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from genprop.describe.derived import Declared
from genprop.errors import DescriptionError, did_you_mean
from genprop.stages.base import Stage

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec, ParameterSpec, ProjectionSpec
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays

__all__ = ["Feedback", "Gram", "GramOf", "feedback", "gram"]


@dataclass(frozen=True)
class OfDictionary(Stage):
    """Weights ``target`` that follow from the weights D (pre, post) called ``source``."""

    word: ClassVar[str]
    written: ClassVar[str]
    route: ClassVar[str]
    target: str
    source: str

    @property
    def name(self) -> str:
        """``"gram <target>"``, ``"feedback <target>"``."""
        return f"{self.word} {self.target}"

    @staticmethod
    @abstractmethod
    def shape(pre: int, post: int) -> tuple[int, int]:
        """Of the target, where D has the shape (pre, post)."""

    def declare(self, spec: NetworkSpec) -> Declared:
        """The target.

        Raises:
            DescriptionError: where one of the two is not dense, or their sizes do not fit.
        """
        ours, theirs = (spec.projection(x.rpartition(".")[0]) for x in (self.target, self.source))
        dense = ours.pattern.kind == theirs.pattern.kind == "dense"
        if not dense or ours.weight.shape != self.shape(*theirs.weight.shape):
            raise DescriptionError(
                f"{self.target} is {self.written} of {self.source}, which has other sizes or "
                "synapses",
                where=self.target,
                remedy=f"let both be dense, {self.route}",
            )
        return Declared((), (self.target,), (self.source,))


@dataclass(frozen=True)
class Gram(OfDictionary):
    """``target`` = 1 − DᵀD; dL/dD = −D (G + Gᵀ)."""

    word, written = "gram", "1 − DᵀD"
    route = "from the dictionary's neurons to themselves"

    @staticmethod
    def shape(pre: int, post: int) -> tuple[int, int]:
        """(post, post)."""
        return post, post

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


@dataclass(frozen=True)
class Feedback(OfDictionary):
    """``target`` = −Dᵀ; dL/dD = −Gᵀ."""

    word, written = "feedback", "−Dᵀ"
    route = "one from where the other arrives"

    @staticmethod
    def shape(pre: int, post: int) -> tuple[int, int]:
        """(post, pre)."""
        return post, pre

    def forward(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        """−Dᵀ."""
        return {self.target: -values[self.source].T}

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        """−Gᵀ."""
        return {self.source: -gradients[self.target].T} if self.target in gradients else {}


@dataclass(frozen=True, slots=True)
class GramOf:
    """What :func:`gram` and :func:`feedback` give: a weight as ``connect`` takes it."""

    source: str
    make: type[Gram | Feedback]

    def placeholder(self, known: Mapping[str, ParameterSpec]) -> float:
        """No value of its own.

        Raises:
            DescriptionError: for a source that is not described.
        """
        if self.source not in known:
            raise DescriptionError(
                f"{self.make.word}({self.source!r}): there are no such weights yet",
                remedy=did_you_mean(self.source, known),
            )
        return 0.0

    def of(self, projection: ProjectionSpec, target: ParameterSpec) -> Stage:
        """The stage.

        Raises:
            DescriptionError: for what is no weight.
        """
        if target.key != "weight" or not self.source.endswith(".weight"):
            raise DescriptionError(
                f"{target.name} cannot be {self.make.written} of {self.source}",
                where=target.name,
                remedy="give it as a weight, of weights: "
                f'weight=gp.{self.make.word}("input->atoms.weight")',
            )
        return self.make(target.name, self.source)


def gram(dictionary: str) -> GramOf:
    """Weights 1 − DᵀD among neurons whose feed-forward weights are a dictionary D.

    ``net.connect(atoms, atoms, gp.synapse("graded"), weight=gp.gram("input->atoms.weight"))``: with
    it neurons of the model ``lca`` minimise ½‖x − Da‖² + γ‖a‖₁. Where D learns, its gradient holds
    what goes through the inhibition.

    Args:
        dictionary: the flat name of the weights D (dim, atoms), of an earlier projection.
    """
    return _weights_of(dictionary, Gram)


def feedback(dictionary: str) -> GramOf:
    """Weights −Dᵀ from neurons with a dictionary D back to those that drive them.

    With neurons of the models ``residual`` and ``lca``, and the latter's own values back to them,
    sparse coding has two layers, and only local weights: the residual x − Da, and Dᵀ of it::

        net.connect(x, residual, gp.synapse("graded"), weight=1.0, pattern=gp.one_to_one())
        net.connect(residual, atoms, gp.Synapse("up", arrival="I = I + w*r"), weight=D)
        own = gp.Synapse("own", arrival="I = I + w*a")
        net.connect(atoms, residual, own, weight=gp.feedback("residual->atoms.weight"))
        net.connect(atoms, atoms, own, weight=1.0, pattern=gp.one_to_one())

    Args:
        dictionary: the flat name of the weights D (dim, atoms), of an earlier projection.
    """
    return _weights_of(dictionary, Feedback)


def _weights_of(dictionary: object, make: type[Gram | Feedback]) -> GramOf:
    if not isinstance(dictionary, str):
        raise DescriptionError(
            f"{make.word}: {dictionary!r:.60} is no name of weights",
            remedy=f'gp.{make.word}("input->atoms.weight")',
        )
    return GramOf(dictionary, make)
