"""Waves at another sampling rate, by cutting or extending their spectrum."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from genprop.errors import DataError

__all__ = ["resampled"]

_TAIL = 0.05
"""[s] of silence behind the wave, into which what the cut spectrum rings may run."""
_FINEST = 1 << 20


def resampled(wave: npt.NDArray[np.float64], old: float, new: float) -> npt.NDArray[np.float64]:
    """The band-limited wave through ``wave`` (n,), at n new/old points; half of each rate is kept.

    y_m = Σ_k X_k exp(2πi k m/M)/N over the frequencies that both rates hold (Shannon 1949).

    Args:
        wave: sampled at ``old`` [Hz].
        old: [Hz].
        new: [Hz].

    Raises:
        DataError: for rates without a common multiple of reasonable size.
    """
    if new == old:
        return wave
    ratio = Fraction(new).limit_denominator(1000) / Fraction(old).limit_denominator(1000)
    if max(ratio.numerator, ratio.denominator) > _FINEST:
        raise DataError(
            f"{old:g} and {new:g} Hz have no common multiple to speak of",
            remedy="give rates in whole Hz",
        )
    blocks = math.ceil((len(wave) + _TAIL * old) / ratio.denominator)
    points, wanted = blocks * ratio.denominator, blocks * ratio.numerator
    spectrum = np.fft.rfft(wave, points)
    most = min(points, wanted) // 2 + 1
    found = np.zeros(wanted // 2 + 1, np.complex128)
    found[:most] = spectrum[:most]
    if min(points, wanted) % 2 == 0:
        found[most - 1] = 0.0  # of half the lower rate no wave can be known
    length = math.ceil(len(wave) * ratio)
    return np.fft.irfft(found, wanted)[:length] * (wanted / points)
