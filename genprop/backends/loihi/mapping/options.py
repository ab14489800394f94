"""How floats become integers: what the user may choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from genprop._checks import integer, is_one_of, real, refuse_unlike
from genprop.errors import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from genprop.data.spikes import SpikeBatch

__all__ = ["Calibration", "QuantisationGrid", "Quantise", "Scale"]

_ROUNDINGS = ("nearest", "stochastic", "calibrated")
_SCALES = ("max", "percentile", "calibrated", "power_of_two")


class Calibration(Protocol):
    """Data to measure ranges on: anything that gives batches in order."""

    def batches(self, size: int, seed: None = None) -> Iterable[SpikeBatch]:
        """Every sample once."""
        ...


@dataclass(frozen=True, slots=True)
class QuantisationGrid:
    """The quantisation grid of a network.

    Attributes:
        scale: S by population.
        exponent: of the weights by projection.
    """

    scale: Mapping[str, float]
    exponent: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Quantise:
    """How weights are rounded and scaled.

    A population has one scale S: weights on the chip are S·K·w in integer steps, the threshold is
    S·θ. With L the largest weight of ``weight_bits`` bits and W = K·w over all that arrives:

    * ``"max"``: S = L / max|W|;
    * ``"percentile"``: S = L / the ``percentile`` of |W|, larger ones are clipped;
    * ``"power_of_two"``: the largest power of two below that, as published by others;
    * ``"calibrated"``: few of the largest weights are clipped where that makes the rms error of all
      smaller, and u and v as they were on data keep ``headroom`` to 24 bits.

    * a :class:`QuantisationGrid` gives S as a number: parameters that change keep their grid.

    S never lifts the threshold beyond 17 bits, and makes it whole. With ``exponents`` every
    projection has a weight exponent of its own, 0 … 7, and stores steps of 2, 4, … 128: S follows
    the projection with the smallest weights, and with data grows as far as u and v allow, as their
    decays lose less of large numbers. NetX files have no place for exponents.

    Args:
        weight_bits: 2 … 8.
        rounding: ``"nearest"``, ``"stochastic"`` (up with the probability of the remainder), or
            ``"calibrated"``: error-compensating rounding by data (GPTQ); by default
            ``"calibrated"`` with data and else ``"nearest"``.
        scale: one of the above; by default ``"calibrated"`` with data and else ``"max"``.
        calibrate: the data that ranges are measured on.
        percentile: of absolute weights, in per cent.
        headroom: how much larger u and v may grow than in calibration.
        exponents: whether each projection uses the bits in full.
        clip_delays: whether delays beyond the 62 steps of the chip become 62; the report says how
            many. Else they are refused.
        seed: of stochastic rounding.

    Raises:
        ConfigurationError: for a choice that does not exist.
    """

    weight_bits: int = 8
    rounding: str | None = None
    scale: str | QuantisationGrid | None = None
    calibrate: Calibration | None = None
    percentile: float = 99.0
    headroom: float = 1.25
    exponents: bool = False
    seed: int = 0
    clip_delays: bool = False

    def __post_init__(self) -> None:
        integer(self.weight_bits, "Quantise(weight_bits=…)", least=2, most=8)
        integer(self.seed, "Quantise(seed=…)")
        if self.rounding is not None and not is_one_of(self.rounding, _ROUNDINGS):
            raise _bad(f"rounding={self.rounding!r:.60}", _nearest(self.rounding, _ROUNDINGS))
        given = self.scale is None or isinstance(self.scale, QuantisationGrid)
        if not given and not is_one_of(self.scale, _SCALES):
            raise _bad(f"scale={self.scale!r:.60}", _nearest(self.scale, _SCALES))
        if self.calibrate is not None:
            refuse_unlike(self.calibrate, "batches", "Quantise(calibrate=…)", "a gp.data.Dataset")
        if self.calibrate is None and "calibrated" in (self.scale, self.rounding):
            remedy = "calibrate=dataset, or scale='max' and rounding='nearest'"
            raise _bad("there is no data to calibrate with", remedy)
        real(self.percentile, "Quantise(percentile=…)", above=0.0, most=100.0)
        real(self.headroom, "Quantise(headroom=…)", least=1.0)

    @property
    def rule(self) -> str:
        """The scale rule that is meant; ``"given"`` for a grid."""
        if isinstance(self.scale, str):
            return self.scale
        if self.scale is not None:
            return "given"
        return "calibrated" if self.calibrate is not None else "max"

    @property
    def rounds(self) -> str:
        """How weights are rounded."""
        return self.rounding or ("calibrated" if self.calibrate is not None else "nearest")

    @property
    def grid(self) -> QuantisationGrid | None:
        """The grid, where one was given."""
        return self.scale if isinstance(self.scale, QuantisationGrid) else None


@dataclass(frozen=True, slots=True)
class Scale:
    """What one population's integers mean: v = V·``voltage``, u = I'·``current``."""

    voltage: float
    current: float


def _nearest(given: object, known: tuple[str, ...]) -> str:
    return did_you_mean(str(given), known)


def _bad(what: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(what, where="Quantise(…)", remedy=remedy)
