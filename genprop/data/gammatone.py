"""A bank of gammatone filters, evenly spaced on the scale of the ear's bandwidths.

Bandwidth and scale are those of Glasberg & Moore 1990 (doi 10.1016/0378-5955(90)90170-T)::

    ERB(f) = 24.7 (1 + 0.00437 f)      E(f) = 21.4 log₁₀(1 + 0.00437 f)      f in Hz

The filter of fourth order at f_c is a cascade of four complex resonators of one pole, which sample
t³ exp(−2πbt) exp(2πi f_c t), b = 1.019 ERB(f_c) (Patterson et al. 1992, doi
10.1016/B978-0-08-041847-6.50054-X; as a cascade Hohmann 2002, Acta Acustica 88:433)::

    H(f) = ((1 − a)/(1 − a exp(−2πi (f − f_c)/f_s)))⁴      a = exp(−2πb/f_s)
    h_n  = (1 − a)⁴ (n + 1)(n + 2)(n + 3)/6 aⁿ exp(2πi f_c n/f_s)

"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from genprop.errors import DataError

__all__ = ["erb", "erb_bands", "gammatone"]

Wave = npt.NDArray[np.float64]
_ORDER = 4
_RING = 64.0
"""In units of 1/(2πb): so long the slowest filter rings, until exp(−64) of it is left."""


def erb(frequency: Wave) -> Wave:
    """ERB(f) [Hz], the equivalent rectangular bandwidth of the auditory filter at f [Hz]."""
    return 24.7 * (1 + 0.00437 * frequency)


def erb_bands(channels: int, low: float, high: float) -> Wave:
    """(channels, 3) [Hz]: where each band begins, its centre, and where it ends.

    Bands are of one width in E from ``low`` to ``high``, and their centres the middles in E.
    """
    ends = 21.4 * np.log10(1 + 0.00437 * np.array([low, high]))
    marks = np.linspace(ends[0], ends[1], 2 * channels + 1)
    at = (10 ** (marks / 21.4) - 1) / 0.00437
    return np.stack([at[0:-1:2], at[1::2], at[2::2]], axis=1)


def gammatone(wave: Wave, rate: float, centres: Wave) -> npt.NDArray[np.complex128]:
    """The analytic output (channels, n) of each filter: |y| is the envelope, Re y the motion.

    y = 2 h * x, so that a sine of amplitude A at f_c gives |y| = A. Computed in the frequency
    domain, with zeros behind the wave while the slowest filter rings.

    Args:
        wave: (n,).
        rate: its sampling rate [Hz].
        centres: (channels,) f_c [Hz].

    Raises:
        DataError: for a filter that reaches beyond half the sampling rate.
    """
    width = erb(centres)
    reach = centres + width / 2
    if reach[top := int(np.argmax(reach))] > rate / 2:
        raise DataError(
            f"the top filter, at {centres[top]:.5g} Hz, reaches to {reach[top]:.5g} Hz, and waves "
            f"sampled at {rate:g} Hz end at {rate / 2:g} Hz",
            remedy="give a lower high, or sounds that were sampled faster",
        )
    bandwidth = 1.019 * width
    ring = _RING / (2 * np.pi * float(bandwidth.min()))
    points = 1 << (len(wave) + math.ceil(ring * rate) - 1).bit_length()
    spectrum = 2 * np.fft.fft(wave, points)
    at = np.fft.fftfreq(points)
    out = np.empty((len(centres), len(wave)), np.complex128)
    for k, (centre, decay) in enumerate(
        zip(centres, np.exp(-2 * np.pi * bandwidth / rate), strict=True)
    ):
        pole = decay * np.exp(-2j * np.pi * (at - centre / rate))
        out[k] = np.fft.ifft(spectrum * ((1 - decay) / (1 - pole)) ** _ORDER)[: len(wave)]
    return out
