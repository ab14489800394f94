"""What stands where a weight or delay is declared and makes it of other parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from genprop.describe.derived import Declares

if TYPE_CHECKING:
    from genprop.describe.initial import Learn, Value
    from genprop.describe.spec import ParameterSpec, ProjectionSpec

__all__ = ["Derivation", "Penalty", "Rewiring", "declared_as", "derived_parameters"]


@runtime_checkable
class Derivation(Protocol):
    """What ``connect`` takes as a weight or delay that is computed: ``gp.distance(max=62*ms)``."""

    def placeholder(self, known: Mapping[str, ParameterSpec]) -> Value | Learn:
        """What the parameter is declared as: with the unit and bounds of all that it may become.

        ``known`` are the weights and delays that are described already, by flat name.
        """
        ...

    def of(self, projection: ProjectionSpec, target: ParameterSpec) -> Declares:
        """The stage that computes ``target``, the weight or the delay of ``projection``."""
        ...


class Penalty(Declares, Protocol):
    """A cost on parameters, which is the same for every batch."""

    def scaled(self, factor: float) -> Penalty:
        """``factor`` times it."""
        ...


class Rewiring(Protocol):
    """What ``connect(…, rewire=…)`` takes: ``gp.RigL(…)``."""

    def of(self, projection: ProjectionSpec) -> Declares:
        """The stage that changes the synapses of ``projection``."""
        ...


def declared_as(
    given: Value | Learn | Derivation, known: Mapping[str, ParameterSpec]
) -> Value | Learn:
    """``given``, or what stands for it."""
    return given.placeholder(known) if isinstance(given, Derivation) else given


def derived_parameters(
    projection: ProjectionSpec,
    weight: Value | Learn | Derivation,
    delay: Value | Learn | Derivation,
) -> tuple[ProjectionSpec, list[Declares]]:
    """The projection with what is derived marked so, and the stages that compute it.

    A derived weight has no bounds of its own: they are those of its leaves.
    """
    stages: list[Declares] = []
    if isinstance(weight, Derivation):
        stages.append(weight.of(projection, projection.weight))
        free = replace(projection.weight, learned=False, minimum=None, maximum=None)
        projection = replace(projection, weight=free)
    if isinstance(delay, Derivation) and projection.delay is not None:
        stages.append(delay.of(projection, projection.delay))
        projection = replace(projection, delay=replace(projection.delay, learned=False))
    return projection, stages
