"""From a trained network to integers.

Per population, with the exact step V' = α V + K I', I'' = β I' and its scale S::

    w_chip = S·K·w     vth = S·θ     decay of v = 4096 (1 − α)     decay of u = 4096 (1 − β)

all rounded. One unit of w and vth is 64 in u and v.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.check import rounded_delay
from genprop.backends.loihi.integers import IntegerNetwork
from genprop.backends.loihi.limits import STATE, THRESHOLD, WEIGHT_EXPONENT
from genprop.backends.loihi.options import Quantise, Scale
from genprop.backends.loihi.rounding import (
    CellReport,
    SynapseReport,
    Wires,
    round_cell,
    round_synapses,
)
from genprop.backends.loihi.weights import weight_step

if TYPE_CHECKING:
    from genprop.backends.base import Parameters
    from genprop.backends.loihi.cell import Cell
    from genprop.describe.spec import NetworkSpec
    from genprop.lower.program import Program, ProjectionProgram

__all__ = ["Quantised", "Range", "quantise"]

_UNIT = 64.0
_PERCENTILES = (100.0, 99.9, 99.7, 99.5, 99.0, 98.0, 97.0, 95.0)  # where clipping may begin
_LARGEST_EXPONENT = WEIGHT_EXPONENT.highest


@dataclass(frozen=True, slots=True)
class Range:
    """The largest |V| and |I'| that a population showed on data."""

    voltage: float
    current: float


@dataclass(frozen=True, slots=True, eq=False)
class Quantised:
    """The integer network, what its numbers mean by population, and what was lost."""

    network: IntegerNetwork
    scales: Mapping[str, Scale]
    cells: tuple[CellReport, ...]
    synapses: tuple[SynapseReport, ...]


def quantise(
    program: Program,
    spec: NetworkSpec,
    parameters: Parameters,
    cells: Mapping[str, Cell],
    options: Quantise,
    ranges: Mapping[str, Range],
    *,
    graded: bool = False,
) -> Quantised:
    """Round everything; ``ranges`` by population are the calibration's, empty without one.

    ``graded`` says that several input spikes of a channel in one step count as several.

    Raises:
        UnsupportedError: for a constant input beyond what the chip's bias holds.
    """
    rng = np.random.default_rng(options.seed)
    wires = {p.name: _wires(p, spec, parameters, program.dt, graded) for p in program.projections}
    size = {p.name: np.abs(wires[p.name].weight * cells[p.post].gain) for p in program.projections}
    scale: dict[str, float] = {}
    for name, cell in cells.items():
        arriving = [size[p.name] for p in program.incoming(name)]
        scale[name] = _scale(cell, arriving, options, ranges)
    neurons = [round_cell(cell, scale[name]) for name, cell in cells.items()]
    synapses = [
        round_synapses(
            wires[p.name],
            (p.pre, p.post),
            scale[p.post] * cells[p.post].gain,
            _exponent(scale[p.post], size[p.name], options),
            program.dt,
            options,
            rng,
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


def _scale(
    cell: Cell, arriving: list[np.ndarray], options: Quantise, ranges: Mapping[str, Range]
) -> float:
    """S of a population; ``arriving`` are K·|w| of all that ends there, by projection."""
    if options.exponents:
        each = [_fitting(size, options) for size in arriving]
        found = min(max(each, default=1.0), min(each, default=1.0) * 2.0**_LARGEST_EXPONENT)
    else:
        found = _fitting(np.concatenate([np.zeros(0), *arriving]), options)
    if cell.threshold is not None:
        found = min(found, THRESHOLD.highest / cell.threshold)
    if options.rule == "calibrated" and cell.name in ranges:
        seen = ranges[cell.name]
        most = max(seen.voltage, abs(cell.drive) * seen.current)
        if most > 0:
            found = min(found, STATE.highest / (_UNIT * options.headroom * most))
    return found


def _fitting(size: np.ndarray, options: Quantise) -> float:
    """The S with which K·|w| fill the bits by the rule, 1 where all are 0."""
    size = size[size > 0]
    if not size.size:
        return 1.0
    step = weight_step(options.weight_bits)
    if options.rule == "calibrated":
        reference = min(
            np.percentile(size, _PERCENTILES),
            key=lambda top: top * _rounding_error(size * (128 - step) / top, step),
        )
    else:
        clips = options.rule in ("percentile", "power_of_two")
        reference = np.percentile(size, options.percentile if clips else 100.0)
    found = (128 - step) / float(reference)
    return 2.0 ** float(np.floor(np.log2(found))) if options.rule == "power_of_two" else found


def _rounding_error(size: np.ndarray, step: int) -> float:
    """The rms error of weights of this size when clipped to 128 − step and rounded to steps."""
    kept = np.rint(np.minimum(size, 128 - step) / step) * step
    return float(np.sqrt(np.mean((kept - size) ** 2)))


def _exponent(scale: float, size: np.ndarray, options: Quantise) -> int:
    """How often a projection's weights are halved to fit, where S is that of smaller ones."""
    if not options.exponents or not np.any(size):
        return 0
    halvings = np.ceil(np.log2(scale / _fitting(size, options)) - 1e-9)
    return int(np.clip(halvings, 0, _LARGEST_EXPONENT))


def _wires(
    projection: ProjectionProgram,
    spec: NetworkSpec,
    parameters: Parameters,
    dt: float,
    graded: bool,
) -> Wires:
    pattern = next(p for p in spec.projections if p.name == projection.name).pattern
    shape = (spec.population(projection.pre).size, spec.population(projection.post).size)
    if pattern.kind == "dense":
        pre, post = (index.ravel() for index in np.indices(shape))
    else:
        pre = np.repeat(np.arange(shape[0]), np.diff(pattern.row_start))
        post = pattern.column
    weight = np.asarray(parameters[projection.weight], np.float64).ravel()
    counts = graded and spec.population(projection.pre).neuron is None
    if not projection.delay:
        return Wires(projection.name, shape, pre, post, weight, None, None, counts)
    delay = np.asarray(parameters[projection.delay], np.float64).ravel()
    steps = rounded_delay(delay, dt)
    return Wires(projection.name, shape, pre, post, weight, delay, steps, counts)
