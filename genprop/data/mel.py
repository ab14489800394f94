"""Mel bands: the short-time power of a wave, summed by triangles evenly spaced in mel.

mel(f) = 2595 log₁₀(1 + f/700)  (O'Shaughnessy 1987, *Speech Communication: Human and Machine*);
triangles as in Davis & Mermelstein 1980 (doi 10.1109/TASSP.1980.1163420).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from genprop._checks import integer
from genprop.data.quantity import Frequency, Time, in_unit
from genprop.data.sounds import refuse_beyond
from genprop.errors import DataError
from genprop.units import Hz, ms

__all__ = ["frame_grid", "mel_bands", "mel_edges", "mel_power", "pre_emphasis"]

Wave = npt.NDArray[np.float64]
_POINTS = 512
"""Of the Fourier transform, at least."""


def mel_bands(
    sound: npt.NDArray[np.floating],
    rate: Frequency,
    *,
    bands: int = 40,
    low: Frequency = 0.0,
    high: Frequency | None = None,
    window: Time = 25.0,
    step: Time = 10.0,
    preemphasis: float = 0.95,
) -> Wave:
    """Logarithms of mel bands, (bands, frames): ln max(Σ_k T_bk |X_k|²/N, 10⁻¹⁰).

    X is the Fourier transform of a Hamming window of the wave after x_n − preemphasis x_{n−1}; the
    first frame begins with the sound, and frames that would leave it are not given (a sound
    shorter than a window is filled with zeros).

    Args:
        sound: (n,) the wave.
        rate: its sampling rate [Hz].
        bands: how many triangles T.
        low: where the first begins [Hz].
        high: where the last ends [Hz]; None: half the sampling rate.
        window: length of a frame [ms].
        step: between two frames [ms].
        preemphasis: in [0, 1).

    Raises:
        DataError: for bands beyond half the sampling rate, or narrower than the transform resolves.
    """
    speed = in_unit(rate, Hz, "rate")
    edges = mel_edges(integer(bands, "bands", least=1, fault=DataError), low, high, speed)
    width, stride = frame_grid(window, step, speed)
    steep = pre_emphasis(np.asarray(sound, np.float64), preemphasis)
    padded = np.pad(steep, (0, max(width - steep.size, 0)))
    power, _ = mel_power(padded, speed, edges, width, stride)
    return np.log(np.maximum(power, 1e-10)).T


def mel_edges(bands: int, low: Frequency, high: Frequency | None, rate: float) -> Wave:
    """(bands + 2,) [Hz]: band b rises from edge b to b + 1, where its tip is, and falls to b + 2.

    Raises:
        DataError: for edges that do not rise, or beyond half the sampling ``rate`` [Hz].
    """
    bottom = in_unit(low, Hz, "low", least=0)
    top = rate / 2 if high is None else in_unit(high, Hz, "high")
    refuse_beyond(bottom, top, rate)
    ends = 2595 * np.log10(1 + np.array([bottom, top]) / 700)
    return 700 * (10 ** (np.linspace(ends[0], ends[1], bands + 2) / 2595) - 1)


def frame_grid(window: Time, step: Time, rate: float) -> tuple[int, int]:
    """Samples of a window, and between two windows.

    Raises:
        DataError: for one below a sample.
    """
    length, stride = (
        round(in_unit(value, ms, what) * rate / 1000)
        for value, what in ((window, "window"), (step, "step"))
    )
    if length < 1 or stride < 1:
        raise DataError(
            f"a window and a step of {length} and {stride} samples cannot be",
            remedy="give both in ms, at least 1 ms",
        )
    return length, stride


def pre_emphasis(wave: Wave, factor: float) -> Wave:
    """x_n − factor x_{n−1}, which raises high frequencies; what was before the sound is 0."""
    return np.append(wave[:1], wave[1:] - factor * wave[:-1]) if factor else wave


def mel_power(wave: Wave, rate: float, edges: Wave, width: int, stride: int) -> tuple[Wave, float]:
    """Power (frames, bands) of all Hamming windows within the wave, and that of a unit sine.

    The second is what a full-scale sine gives where a triangle is 1 as far as the window spreads.
    """
    points = max(_POINTS, 1 << (width - 1).bit_length())
    windows = np.lib.stride_tricks.sliding_window_view(wave, width)[::stride]
    taper = np.hamming(width)
    power = np.abs(np.fft.rfft(windows * taper, points)) ** 2 / points
    return power @ _triangles(edges, points, rate).T, float(np.sum(taper**2)) / 4


def _triangles(edges: Wave, points: int, rate: float) -> Wave:
    """(bands, points/2 + 1)."""
    at = np.fft.rfftfreq(points, 1 / rate)
    bands = len(edges) - 2
    low, middle, high = (edges[k : k + bands, None] for k in range(3))
    found = np.maximum(np.minimum((at - low) / (middle - low), (high - at) / (high - middle)), 0)
    if empty := np.flatnonzero(~found.any(axis=1)).tolist():
        raise DataError(
            f"mel band {empty[0]}, {edges[empty[0]]:.4g} to {edges[empty[0] + 2]:.4g} Hz, lies "
            f"between two frequencies of the transform, {at[1]:.4g} Hz apart",
            remedy="give fewer bands, a higher low, or a longer window",
        )
    return found
