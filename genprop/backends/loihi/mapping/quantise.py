"""From a trained network to integers.

Per population, with the exact step V' = α V + K I', I'' = β I' and its scale S::

    w_chip = S·K·w     vth = S·θ     decay of v = 4096 (1 − α)     decay of u = 4096 (1 − β)

all rounded, K such that rounded decays leave the area of a response as it was. One unit of w and
vth is 64 in u and v.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.integers import IntegerNetwork
from genprop.backends.loihi.mapping.compensate import OnRounded, Responses, Trains, compensated
from genprop.backends.loihi.mapping.connectivity import connectivity_of
from genprop.backends.loihi.mapping.options import QuantisationGrid, Quantise, Scale
from genprop.backends.loihi.mapping.rounding import (
    CellReport,
    Rounder,
    SynapseReport,
    round_cell,
    round_synapses,
    weight_factor,
)
from genprop.backends.loihi.mapping.scaling import exponent_of, scale_of

if TYPE_CHECKING:
    from genprop.backends.base import Parameters
    from genprop.backends.loihi.mapping.cell import Cell
    from genprop.backends.loihi.mapping.connectivity import Connectivity
    from genprop.backends.loihi.mapping.scaling import Range
    from genprop.describe.topology import Topology
    from genprop.lower.program import Program, ProjectionProgram

__all__ = ["Quantised", "quantise"]

_UNIT = 64.0


@dataclass(frozen=True, slots=True, eq=False)
class Quantised:
    """The integer network, what its numbers mean by population, and what was lost."""

    network: IntegerNetwork
    scales: Mapping[str, Scale]
    cells: tuple[CellReport, ...]
    synapses: tuple[SynapseReport, ...]

    @property
    def grid(self) -> QuantisationGrid:
        """Scales and exponents, for other parameters on the same grid."""
        return QuantisationGrid(
            {report.name: report.scale for report in self.cells},
            {report.name: report.exponent for report in self.synapses},
        )


def quantise(
    program: Program,
    topology: Topology,
    parameters: Parameters,
    cells: Mapping[str, Cell],
    options: Quantise,
    ranges: Mapping[str, Range],
    trains: Trains = (),
    *,
    graded: bool = False,
    on_rounded: OnRounded | None = None,
) -> Quantised:
    """Round everything.

    ``ranges`` by population and ``trains`` are the calibration's, empty without one; ``graded``
    says that several input spikes of a channel in one step count as several; ``on_rounded``
    is called for each neuron that is rounded by data.

    Raises:
        UnsupportedError: for a constant input beyond what the chip's bias holds.
        ConfigurationError: for a grid of another network.
    """
    rng = np.random.default_rng(options.seed)
    connectivity = {
        p.name: connectivity_of(p, program, topology, parameters, graded)
        for p in program.projections
    }
    factor = {name: weight_factor(cell) for name, cell in cells.items()}
    size = {
        p.name: np.abs(connectivity[p.name].weight * factor[p.post]) for p in program.projections
    }
    arriving = {name: [size[p.name] for p in program.incoming(name)] for name in cells}
    scale = {n: scale_of(c, arriving[n], options, ranges.get(n)) for n, c in cells.items()}
    neurons = [round_cell(cell, scale[name]) for name, cell in cells.items()]
    synapses = [
        round_synapses(
            connectivity[p.name],
            (p.pre, p.post),
            scale[p.post] * factor[p.post],
            exponent_of(p.name, scale[p.post], size[p.name], options),
            program.grid,
            options.weight_bits,
            _rounder(p, connectivity[p.name], program, cells, trains, options, rng, on_rounded),
        )
        for p in program.projections
    ]
    return Quantised(
        IntegerNetwork(
            {p.name: p.size for p in program.populations if p.source},
            tuple(cell for cell, _ in neurons),
            tuple(made for made, _ in synapses),
        ),
        {
            name: Scale(_UNIT * scale[name], _UNIT * scale[name] * cell.drive)
            for name, cell in cells.items()
        },
        tuple(report for _, report in neurons),
        tuple(report for _, report in synapses),
    )


def _rounder(
    projection: ProjectionProgram,
    connectivity: Connectivity,
    program: Program,
    cells: Mapping[str, Cell],
    trains: Trains,
    options: Quantise,
    rng: np.random.Generator,
    on_rounded: OnRounded | None,
) -> Rounder:
    """How the weights of one projection become whole."""
    if options.rounds == "stochastic":
        return lambda exact, _low, _high: np.floor(exact + rng.random(exact.shape))
    if options.rounds != "calibrated" or not trains:
        return lambda exact, _low, _high: np.rint(exact)
    responses = Responses(
        trains,
        projection.pre,
        connectivity.shape[0],
        cells[projection.post],
        program.steps,
        0 if connectivity.steps is None else int(connectivity.steps.max(initial=0)),
        options.seed,
    )
    return lambda exact, low, high: compensated(
        exact, connectivity, responses, low, high, on_rounded
    )
