"""Inner hair cells and the fibres on them: what a filter's motion does to a spike train.

A hair cell lets current through in one direction only, and its response grows like a power of the
motion (half-wave rectification and compression, as in Meddis 1986, doi 10.1121/1.393460, without
its depletion of transmitter). The fibre is a leaky integrator with a refractory period::

    x = (max(Re y, 0)/a₀)^0.3 / m        m the mean of max(cos φ, 0)^0.3 over a cycle
    τ dv/dt = −v + x;   at v = 1 a spike, then v = 0 for the refractory period

so that a steady tone of the amplitude a₀ has a mean drive of 1: it is about the softest heard.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["POWER", "drive", "fibre_spikes"]

Wave = npt.NDArray[np.float64]
Train = tuple[Wave, npt.NDArray[np.int64]]

POWER = 0.3
"""Between the 0.2 and 0.5 dB per dB by which the basilar membrane's motion grows at medium levels
(Ruggero et al. 1997, doi 10.1121/1.418265)."""
_MEAN = math.gamma((POWER + 1) / 2) / (2 * math.sqrt(math.pi) * math.gamma(POWER / 2 + 1))


def drive(motion: npt.NDArray[np.complex128], floor: float) -> Wave:
    """X of each filter's motion y; ``floor`` is a₀ in dB of full scale."""
    softest = 10 ** (floor / 20)
    return (np.maximum(motion.real, 0) / softest) ** POWER / _MEAN


def fibre_spikes(drives: Sequence[Wave], rate: float, tau: float, refractory: float) -> list[Train]:
    """Times [ms] and channels of the spikes of each sound.

    v moves by the exact step of its equation under a drive that is constant between two samples;
    a spike's time is where the line between two samples of v crosses 1.

    Args:
        drives: per sound (channels, n), n being its own.
        rate: sampling rate [Hz].
        tau: [ms].
        refractory: [ms].
    """
    longest, channels = max(x.shape[1] for x in drives), drives[0].shape[0]
    stacked = np.zeros((longest, len(drives), channels))
    for k, x in enumerate(drives):
        stacked[: x.shape[1], k] = x.T
    dt = 1000 / rate
    decay = math.exp(-dt / tau)
    stacked *= 1 - decay
    held = round(refractory / dt)
    v = np.zeros((len(drives), channels))
    free = np.zeros((len(drives), channels), np.int64)
    found: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Wave]] = []
    for step, gain in enumerate(stacked):
        before = v
        v = decay * v + gain
        if held:
            v = np.where(step < free, 0.0, v)
        if v.max() >= 1:
            sound, line = np.nonzero(v >= 1)
            old, new = before[sound, line], v[sound, line]
            found.append((sound, line, dt * (step + (1 - old) / (new - old))))
            v[sound, line] = 0.0
            free[sound, line] = step + 1 + held
    return _by_sound(found, len(drives))


def _by_sound(
    found: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Wave]], count: int
) -> list[Train]:
    if not found:
        return [(np.empty(0), np.empty(0, np.int64)) for _ in range(count)]
    sound, line, times = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return [(times[sound == k], line[sound == k]) for k in range(count)]
