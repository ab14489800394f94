"""What runs networks whose neurons send values: engines, targets that have one, outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from genprop.backends.base import Outcome, mean_terms

if TYPE_CHECKING:
    from genprop.backends.base import Parameters
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.emit.bundle import SourceBundle
    from genprop.errors import GenpropError
    from genprop.lower.graded_program import GradedProgram
    from genprop.numerics.graded import GradedInputs, Losses

__all__ = ["GradedEngine", "GradedOutcome", "GradedTarget", "split_name"]


@dataclass(frozen=True, slots=True, repr=False)
class GradedOutcome(Outcome):
    """What a run of a graded network gives; ``recorded`` is of the end, (batch, n) by name.

    Attributes:
        steps: (batch,) int32, the steps that each sample made.
        speed: (batch,) the fastest change of a state in the last of them [per ms].
    """

    steps: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    speed: npt.NDArray[np.floating] = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(
        cls,
        losses: Losses,
        recorded: dict[str, np.ndarray],
        steps: npt.NDArray[np.int32],
        speed: npt.NDArray[np.floating],
        finite: npt.NDArray[np.bool_] | None = None,
    ) -> GradedOutcome:
        """What a run with these losses gave; :class:`Outcome` tells what the rest is."""
        terms = mean_terms(losses.values)
        return cls(
            loss=sum(terms.values()),
            terms=terms,
            scores=losses.scores,
            spikes={},
            recorded=recorded,
            finite=finite,
            values=losses.values,
            steps=steps,
            speed=speed,
        )


def split_name(name: str) -> tuple[str, str]:
    """The population, and the state or value of it, that ``"population.state"`` names."""
    population, _, what = name.rpartition(".")
    return population, what


class GradedEngine(Protocol):
    """A runnable :class:`~genprop.lower.graded_program.GradedProgram`."""

    dtype: np.dtype[np.floating]

    def reserve(self, batch: int) -> None:
        """Make ready for batches of up to ``batch`` samples."""
        ...

    def run(
        self,
        parameters: Parameters,
        topology: Topology,
        inputs: GradedInputs,
        record: tuple[str, ...],
    ) -> GradedOutcome:
        """Forward only."""
        ...

    def gradients(
        self, parameters: Parameters, topology: Topology, inputs: GradedInputs
    ) -> tuple[GradedOutcome, dict[str, np.ndarray]]:
        """Forward and backward: of the mean loss, by learned parameter and by source.

        That of what the source ``x`` sends is ``"x.value"``, in the shape of its values. With a
        tolerance it is the gradient at the fixed point, else that of all steps.

        Raises:
            ConvergenceError: where the adjoint does not settle.
        """
        ...

    def update(
        self,
        parameters: Mapping[str, np.ndarray],
        gradients: Mapping[str, np.ndarray],
        state: Mapping[str, np.ndarray],
        settings: Mapping[str, Mapping[str, float]],
        count: int,
    ) -> None:
        """One step of every optimiser, in place."""
        ...


@runtime_checkable
class GradedTarget(Protocol):
    """A target that runs graded networks, too."""

    def check_graded(self, spec: NetworkSpec) -> list[GenpropError]:
        """Everything about the network that this target cannot run."""
        ...

    def render_graded(self, program: GradedProgram) -> SourceBundle | None:
        """The program's text, where the target runs text."""
        ...

    def load_graded(self, program: GradedProgram, bundle: SourceBundle | None) -> GradedEngine:
        """Build what was rendered and make it runnable."""
        ...
