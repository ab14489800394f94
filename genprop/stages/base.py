"""What a stage is: a map from parameters to the arrays that run, with its exact chain rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from genprop.describe.derived import Declared
from genprop.errors import CheckpointError

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.lower.derivation import Derivation
    from genprop.stages.rewire import Candidates, Rewired

__all__ = ["Arrays", "Declared", "Stage"]

Arrays: TypeAlias = dict[str, np.ndarray]
"""Arrays by flat name, in base units."""


class Stage:
    """One step from the parameters that learn to the arrays that the network runs with.

    With leaves θ and the stages f₁ … f_K in their order, the network runs with

        u = f_K(… f₁(θ)),   L(θ) = E(u) + Σ_k C_k(values after f_k)

    and, E's gradient being that of the whole batch, the gradients of the leaves follow in reverse:
    g ← g + ∇C_k, then g ← (∂f_k)ᵀ g. Backends know nothing of it.

    Derive a class and override what it needs; all that is not overridden does nothing. A stage that
    is the same for every element is written as an expression instead, see :class:`Derived`: that
    form can be saved with a network, and be printed for devices. Values are in base units, of the
    shapes of their parameters; ``topology`` gives the synapses of each projection by name.

    A stage that is a dataclass is known by its fields: networks whose stages differ in any of them
    have different digests.
    """

    @property
    def form(self) -> str:
        """Everything about the stage that what is computed depends on."""
        return repr(self) if is_dataclass(self) else type(self).__qualname__

    @property
    def name(self) -> str:
        """What its term of the loss and its state are called; one per network."""
        return type(self).__name__

    def declare(self, spec: NetworkSpec) -> Declared:
        """The leaves it adds, made by :func:`leaf`, and the parameters it derives.

        Raises:
            DescriptionError: for a network that it does not fit.
        """
        return Declared()

    def forward(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        """The arrays it gives, by flat name, from those before it; others pass as they are."""
        return {}

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        """∂L/∂values from ``gradients`` = ∂L/∂(what :meth:`forward` gave), by flat name.

        Each has the shape of its value; they are added to what passes by the stage.
        """
        return {}

    def expression(self, spec: NetworkSpec) -> Derivation | None:
        """What it computes, where that is an expression of each synapse: for devices to print.

        A stage without one stays on the host, and so do those that are derived from what others
        derive. See :func:`~genprop.stages.expressed.derivation`.
        """
        return None

    def constants(self, topology: Topology) -> Arrays:
        """Arrays that its :meth:`expression` reads and no parameter holds, by flat name.

        An array that is the same object as before has the same values.
        """
        return {}

    def penalty(
        self, values: Mapping[str, np.ndarray], topology: Topology
    ) -> tuple[float, Arrays] | None:
        """A term C of the loss and its gradient with respect to the values after this stage."""
        return None

    def held(self, values: Mapping[str, np.ndarray], topology: Topology) -> Stage:
        """The stage with all that its gradient takes as constant kept as it is at ``values``.

        Difference quotients of its loss are then those of its gradient.
        """
        return self

    def hold(self, parameters: Mapping[str, np.ndarray]) -> None:
        """Bring leaves back, in place, to where they may be; after every update and its bounds."""

    def rewire(
        self,
        parameters: Mapping[str, np.ndarray],
        gradients: Mapping[str, np.ndarray],
        topology: Topology,
    ) -> Mapping[str, Rewired]:
        """Sparse projections that have other synapses from now on; after every update.

        ``gradients`` are the leaves' that were learned from. What stays keeps its values.
        """
        return {}

    def candidates(
        self, parameters: Mapping[str, np.ndarray], topology: Topology
    ) -> Mapping[str, Candidates]:
        """By projection, dormant synapses whose gradients are wanted; before every batch.

        They run with the batch at weight zero, which changes nothing but its cost.
        """
        return {}

    def observe(self, projection: str, gradients: Mapping[str, np.ndarray]) -> None:
        """The leaves' gradients at the candidates of ``projection``, (k,) by flat name."""

    def metrics(self) -> Mapping[str, float]:
        """What it counts, by name; history holds it after every epoch, as ``"train.<name>"``."""
        return {}

    def state(self) -> Arrays:
        """Arrays that are needed to go on bit by bit, beside the parameters."""
        return {}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go back to a :meth:`state`; an empty one is that of a network that has not learned.

        Raises:
            CheckpointError: for arrays that are not this stage's.
        """
        if state:
            raise CheckpointError(
                f"the stage {self.name} keeps no state, but there is {', '.join(sorted(state))}",
                remedy="compile the network it was saved from",
            )
