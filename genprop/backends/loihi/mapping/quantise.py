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
from genprop.backends.loihi.mapping.options import Grid, Quantise, Scale
from genprop.backends.loihi.mapping.rounding import (
    CellReport,
    Rounder,
    SynapseReport,
    round_cell,
    round_synapses,
    weight_factor,
)
from genprop.backends.loihi.mapping.scaling import exponent_of, scale_of
from genprop.backends.loihi.mapping.wires import wires_of

if TYPE_CHECKING:
    from genprop.backends.base import Parameters
    from genprop.backends.loihi.mapping.cell import Cell
    from genprop.backends.loihi.mapping.scaling import Range
    from genprop.backends.loihi.mapping.wires import Wires
    from genprop.describe.spec import NetworkSpec
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
    def grid(self) -> Grid:
        """Scales and exponents, for other parameters on the same grid."""
        return Grid(
            {report.name: report.scale for report in self.cells},
            {report.name: report.exponent for report in self.synapses},
        )


def quantise(
    program: Program,
    spec: NetworkSpec,
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
    wires = {
        p.name: wires_of(p, spec, parameters, program.clock, graded) for p in program.projections
    }
    factor = {name: weight_factor(cell) for name, cell in cells.items()}
    size = {p.name: np.abs(wires[p.name].weight * factor[p.post]) for p in program.projections}
    scale: dict[str, float] = {}
    for name, cell in cells.items():
        arriving = [size[p.name] for p in program.incoming(name)]
        scale[name] = scale_of(cell, arriving, options, ranges.get(name))
    neurons = [round_cell(cell, scale[name]) for name, cell in cells.items()]
    synapses = [
        round_synapses(
            wires[p.name],
            (p.pre, p.post),
            scale[p.post] * factor[p.post],
            exponent_of(p.name, scale[p.post], size[p.name], options),
            program.clock,
            options.weight_bits,
            _rounder(p, wires[p.name], program, cells, trains, options, rng, on_rounded),
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
    wires: Wires,
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
        wires.shape[0],
        cells[projection.post],
        program.steps,
        0 if wires.steps is None else int(wires.steps.max(initial=0)),
        options.seed,
    )
    return lambda exact, low, high: compensated(exact, wires, responses, low, high, on_rounded)
