"""What a chip makes of the parameters: rounded in the forward pass, straight through in reverse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.limits import DELAY
from genprop.backends.loihi.mapping.check import check
from genprop.backends.loihi.mapping.decode import decoded
from genprop.backends.loihi.mapping.quantise import quantise
from genprop.errors import refuse_if
from genprop.stages.base import Stage

if TYPE_CHECKING:
    from genprop.backends.loihi.mapping.options import QuantisationGrid, Quantise
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.lower.program import Program
    from genprop.stages.base import Arrays

__all__ = ["Rounding"]


class Rounding(Stage):
    """The parameters as Loihi 2 holds them: u = decoded(integers(θ)), ∂L/∂θ = ∂L/∂u.

    Args:
        program: of the network.
        spec: its description.
        options: how floats become integers.
        find: gives the grid of the parameters, when the first batch runs.

    Source: straight-through gradients are Bengio, Léonard & Courville (2013), arXiv:1308.3432.
    """

    def __init__(
        self,
        program: Program,
        spec: NetworkSpec,
        options: Quantise,
        find: Callable[[], QuantisationGrid],
    ) -> None:
        self.program, self.spec, self.options = program, spec, options
        self.grid: QuantisationGrid | None = options.grid
        self._find = find

    def fixed(self) -> Quantise:
        """The options with the grid, which is found now if there is none."""
        if self.grid is None:
            self.grid = self._find()
        return replace(self.options, scale=self.grid, calibrate=None)

    def seen(self, parameters: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        """The floats that the chip's integers of these parameters stand for, float64."""
        cells, findings = check(self.program, parameters)
        refuse_if(findings)
        integers = quantise(self.program, topology, parameters, cells, self.fixed(), {})
        return decoded(self.program, topology, parameters, cells, integers)

    def forward(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        """What is :meth:`seen`."""
        used = {p.name: values[p.name] for p in self.spec.parameters()}
        return self.seen(used, topology)

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        """The gradients as they are."""
        return gradients

    def hold(self, parameters: Mapping[str, np.ndarray]) -> None:
        """Keep delays within what the chip can hold."""
        longest = self.program.grid.delays(np.asarray(DELAY.highest))
        for projection in self.program.projections:
            if projection.delay in parameters:
                delay = parameters[projection.delay]
                np.minimum(delay, longest, out=delay)
