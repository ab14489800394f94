"""One population and one projection, rounded, with what was lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.integers import Cells, Synapses
from genprop.backends.loihi.chip.limits import BIAS, BIAS_EXPONENT, DECAY, THRESHOLD
from genprop.backends.loihi.chip.weights import weight_step
from genprop.errors import UnsupportedError

Rounder = Callable[[np.ndarray, int, int], np.ndarray]
"""Gives integers between a lowest and a highest for numbers (k,)."""

if TYPE_CHECKING:
    from genprop.backends.loihi.mapping.cell import Cell
    from genprop.backends.loihi.mapping.connectivity import Connectivity
    from genprop.lower.clocks.base import StepClock

__all__ = [
    "CellReport",
    "Rounder",
    "SynapseReport",
    "decays",
    "round_cell",
    "round_synapses",
    "weight_factor",
]


@dataclass(frozen=True, slots=True)
class CellReport:
    """What rounding did to a population: scale S and relative errors of θ and both decay times."""

    name: str
    scale: float
    threshold_error: float
    voltage_time_error: float
    current_time_error: float


@dataclass(frozen=True, slots=True)
class SynapseReport:
    """What rounding did to a projection.

    Attributes:
        name: of the projection.
        scale: stored weights per unit of weight.
        exponent: they count 2^exponent times.
        synapses: how many there are.
        clipped: how many weights were beyond the largest.
        zeroed: how many weights became 0.
        weight_error: rms error of the weights over their rms.
        delay_error: rms error of the delays [ms].
        longest: the longest delay in steps.
        shortened: how many delays were beyond the longest that the chip has.
    """

    name: str
    scale: float
    exponent: int
    synapses: int
    clipped: int
    zeroed: int
    weight_error: float
    delay_error: float
    longest: int
    shortened: int = 0


def round_cell(cell: Cell, scale: float) -> tuple[Cells, CellReport]:
    """A population with the scale S; a readout has the highest threshold there is.

    Raises:
        UnsupportedError: for a bias beyond what mantissa and exponent hold.
    """
    vth = THRESHOLD.highest
    wrong = 0.0
    if cell.threshold is not None:
        vth = int(np.clip(np.rint(scale * cell.threshold), THRESHOLD.lowest, THRESHOLD.highest))
        wrong = vth / (scale * cell.threshold) - 1
    slow, fast = decays(cell)
    mantissa, exponent = _bias(cell, scale)
    cells = Cells(cell.name, cell.size, fast - 1, slow, vth, mantissa, exponent)
    report = CellReport(
        cell.name, scale, wrong, _time_error(cell.alpha, slow), _time_error(cell.beta, fast)
    )
    return cells, report


def decays(cell: Cell) -> tuple[int, int]:
    """What the chip holds of α and β: 4096 (1 − α) and 4096 (1 − β), rounded."""
    slow, fast = (int(np.rint(DECAY.highest * (1 - x))) for x in (cell.alpha, cell.beta))
    return slow, fast


def weight_factor(cell: Cell) -> float:
    """What a weight of 1 adds to V in the step it arrives, on the chip.

    With rounded decays α̂ and β̂ a response keeps the area that it has in the model::

        g K · (1 − α̂)(1 − β̂) / ((1 − α)(1 − β))
    """
    area = 1.0
    for decay, rounded in zip((cell.alpha, cell.beta), decays(cell), strict=True):
        lost = DECAY.highest * (1 - decay)
        area *= rounded / lost if rounded and lost else 1.0
    return cell.gain * area


def round_synapses(
    connectivity: Connectivity,
    ends: tuple[str, str],
    factor: float,
    exponent: int,
    clock: StepClock,
    bits: int,
    rounder: Rounder,
) -> tuple[Synapses, SynapseReport]:
    """A projection with ``factor`` chip weights per unit of weight, from and to ``ends``.

    They are stored in steps of 2^``exponent``, with ``bits`` bits.
    """
    factor /= 2.0**exponent
    step = weight_step(bits)
    exact = connectivity.weight * factor / step
    lowest, highest = -128 // step, 128 // step - 1
    whole = rounder(exact, lowest, highest)
    stored = (np.clip(whole, lowest, highest) * step).astype(np.int64)
    synapses = _stored(ends, connectivity, connectivity.matrix(stored), exponent, bits)
    late, shortened = np.zeros(()), 0
    if connectivity.delay is not None and connectivity.steps is not None:
        late = clock.delays(connectivity.steps) - connectivity.delay
        shortened = np.count_nonzero(clock.delay_steps(connectivity.delay) > connectivity.steps)
    report = SynapseReport(
        connectivity.name,
        factor,
        exponent,
        stored.size,
        int(np.count_nonzero((np.rint(exact) < lowest) | (np.rint(exact) > highest))),
        int(np.count_nonzero((stored == 0) & (connectivity.weight != 0))),
        _rms(stored / factor - connectivity.weight) / (_rms(connectivity.weight) or 1.0),
        _rms(np.asarray(late)),
        synapses.longest,
        int(shortened),
    )
    return synapses, report


def _stored(
    ends: tuple[str, str], connectivity: Connectivity, weight: np.ndarray, exponent: int, bits: int
) -> Synapses:
    """Mixed weights are stored doubled, the exponent one less: their sign takes a bit of nine."""
    mixed = bool(np.any(weight > 0) and np.any(weight < 0))
    delay = None if connectivity.steps is None else connectivity.matrix(connectivity.steps)
    stored, shift = (2 * weight, exponent - 1) if mixed else (weight, exponent)
    return Synapses(*ends, stored, delay, shift, bits, connectivity.graded)


def _bias(cell: Cell, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Mantissa and exponent (n,) with mantissa · 2^exponent ≈ 64 S b."""
    bias = 64 * scale * cell.bias
    largest = BIAS.highest << BIAS_EXPONENT.highest
    if np.any(np.abs(bias) > largest):
        raise UnsupportedError(
            f"a constant input of {np.abs(bias).max():.0f} is beyond {largest}",
            where=f"population {cell.name}",
            remedy="a smaller constant input, or a scale that is smaller: weight_bits, headroom",
        )
    size = np.maximum(np.abs(bias) / BIAS.highest, 1.0)
    exponent = np.ceil(np.log2(size)).astype(np.int64)
    return np.rint(bias / 2.0**exponent).astype(np.int64), exponent


def _time_error(decay: float, rounded: int) -> float:
    """Relative error of the time constant −dt/ln(decay), inf where none is left of it."""
    remaining = 1 - rounded / DECAY.highest
    if remaining == decay or decay <= 0 or remaining <= 0:
        return 0.0
    return float(np.log(decay) / np.log(remaining)) - 1 if remaining < 1 else float("inf")


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else 0.0
