"""How large a population's integers are: its scale S, and the exponents of what arrives there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.limits import STATE, THRESHOLD, WEIGHT_EXPONENT
from genprop.backends.loihi.chip.weights import weight_step
from genprop.errors import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from genprop.backends.loihi.mapping.cell import Cell
    from genprop.backends.loihi.mapping.options import Quantise

__all__ = ["Range", "exponent_of", "scale_of"]

_UNIT = 64.0
_PERCENTILES = (100.0, 99.9, 99.7, 99.5, 99.0, 98.0, 97.0, 95.0)  # where clipping may begin
_LARGEST_EXPONENT = WEIGHT_EXPONENT.highest
_AS_GOOD = 1.001  # rounding errors that differ by less are taken as equal


@dataclass(frozen=True, slots=True)
class Range:
    """The largest |V| and |I'| that a population showed on data."""

    voltage: float
    current: float


def scale_of(
    cell: Cell, arriving: Sequence[np.ndarray], options: Quantise, seen: Range | None
) -> float:
    """S of a population; ``arriving`` are K·|w| of all that ends there, by projection.

    ``seen`` is what it showed on the calibration's data. S·θ is an integer.

    Raises:
        ConfigurationError: for a grid without this population.
    """
    if options.grid is not None:
        return _known(options.grid.scale, cell.name, "population")
    ranged = options.rule == "calibrated" and seen is not None
    limit = _limit(cell, options.headroom, seen if ranged else None)
    there = [size for size in arriving if np.any(size)]
    if not there:
        found = 1.0
    elif options.exponents:
        found = _with_exponents(there, options, limit, lift=ranged)
    else:
        found = _fitting(np.concatenate(there), options)
    found = min(found, limit)
    if cell.threshold is None:
        return found
    return max(float(np.floor(found * cell.threshold * (1 + 1e-9))), 1.0) / cell.threshold


def exponent_of(name: str, scale: float, size: np.ndarray, options: Quantise) -> int:
    """How often the weights of projection ``name`` are halved to fit, at the scale S.

    ``size`` are K·|w|.

    Raises:
        ConfigurationError: for a grid without this projection.
    """
    if options.grid is not None:
        return int(_known(options.grid.exponent, name, "projection"))
    if not options.exponents or not np.any(size):
        return 0
    return _halvings(scale, _fitting(size, options))


def _limit(cell: Cell, headroom: float, seen: Range | None) -> float:
    """The largest S that the threshold, and u and v with head-room, allow."""
    limit = np.inf if cell.threshold is None else THRESHOLD.highest / cell.threshold
    if seen is not None:
        most = max(seen.voltage, abs(cell.drive) * seen.current)
        if most > 0:
            limit = min(limit, STATE.highest / (_UNIT * headroom * most))
    return float(limit)


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


def _with_exponents(
    arriving: Sequence[np.ndarray], options: Quantise, limit: float, *, lift: bool
) -> float:
    """The S with the smallest rounding error of all projections, and of such the largest.

    It is at most 2^7 times what fits the largest weights; without ``lift`` it is at most what
    fits the smallest.
    """
    step = weight_step(options.weight_bits)
    fitting = [_fitting(size, options) for size in arriving]
    most = min(limit, min(fitting) * 2.0**_LARGEST_EXPONENT, np.inf if lift else max(fitting))
    tried = {fit * 2.0**k for fit in fitting for k in range(_LARGEST_EXPONENT + 1)}
    tried = sorted(scale for scale in tried if scale <= most * (1 + 1e-9)) or [most]
    errors = np.zeros(len(tried))
    for size, fit in zip(arriving, fitting, strict=True):
        for k, scale in enumerate(tried):
            factor = scale / 2.0 ** _halvings(scale, fit)
            errors[k] += size.size * (_rounding_error(size * factor, step) / factor) ** 2
    good = np.flatnonzero(errors <= errors.min() * _AS_GOOD**2)
    return tried[int(good[-1])]


def _halvings(scale: float, fitting: float) -> int:
    return int(np.clip(np.ceil(np.log2(scale / fitting) - 1e-6), 0, _LARGEST_EXPONENT))


def _rounding_error(size: np.ndarray, step: int) -> float:
    """The rms error of weights of this size when clipped to 128 − step and rounded to steps."""
    rounded = np.rint(np.minimum(size, 128 - step) / step) * step
    return float(np.sqrt(np.mean((rounded - size) ** 2)))


def _known(values: Mapping[str, float], name: str, what: str) -> float:
    if name not in values:
        raise ConfigurationError(
            f"the grid has no {what} {name!r}",
            where="Quantise(scale=…)",
            remedy=did_you_mean(name, values),
        )
    return values[name]
