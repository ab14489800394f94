"""Graded networks in numpy: every sample of a batch at once, in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.graded_reverse import at_fixed_point, unrolled
from genprop.backends.reference.graded_trial import Trial
from genprop.numerics.update import HostUpdates

if TYPE_CHECKING:
    from genprop.backends.base import Parameters
    from genprop.backends.graded import GradedOutcome
    from genprop.describe.topology import Topology
    from genprop.lower.graded_program import GradedProgram
    from genprop.numerics.graded import GradedInputs

__all__ = ["GradedReference"]

Array = np.ndarray


class GradedReference(HostUpdates):
    """The interpreter; see :class:`~genprop.backends.graded.GradedEngine`."""

    dtype: np.dtype[np.floating] = np.dtype(np.float64)

    def __init__(self, program: GradedProgram) -> None:
        super().__init__(program.updates)
        self.program = program

    def reserve(self, batch: int) -> None:
        """Nothing is kept between batches."""

    def run(
        self,
        parameters: Parameters,
        topology: Topology,
        inputs: GradedInputs,
        record: tuple[str, ...] = (),
    ) -> GradedOutcome:
        """Forward only."""
        trial = Trial(self.program, parameters, topology, inputs)
        trial.run()
        return trial.outcome(record)

    def gradients(
        self, parameters: Parameters, topology: Topology, inputs: GradedInputs
    ) -> tuple[GradedOutcome, dict[str, Array]]:
        """Forward and backward: by parameter, and by ``"<source>.value"`` of the inputs."""
        trial = Trial(self.program, parameters, topology, inputs)
        trial.keep = self.program.tolerance is None
        trial.run()
        reverse = unrolled if trial.keep else at_fixed_point
        populations = [p for p in self.program.populations if not p.source]
        ends = tuple(f"{p.name}.{x}" for p in populations for x in p.recordable)
        return trial.outcome(ends), reverse(trial)
