"""What stands between a wave and its spikes: a bank of filters, and how their output spikes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genprop._checks import integer, is_one_of, real
from genprop.data.crossings import level_crossings
from genprop.data.gammatone import erb_bands, gammatone
from genprop.data.hair_cells import drive, fibre_spikes
from genprop.data.mel import frame_grid, mel_edges, mel_power, pre_emphasis
from genprop.data.quantity import Frequency, Time, in_unit
from genprop.data.sounds import refuse_beyond
from genprop.errors import DataError, did_you_mean
from genprop.units import Hz, ms

if TYPE_CHECKING:
    from genprop.data.sounds import Sound

__all__ = ["FrontEnd"]

Wave = npt.NDArray[np.float64]
Train = tuple[Wave, npt.NDArray[np.int64]]

_FILTERS = ("gammatone", "mel")
_SPIKES = ("hair-cell", "level-crossing", "latency")
_HIGHEST = 8000.0
"""[Hz], of the top band where none is named and the sampling rate would allow more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontEnd:
    """A bank of filters and how its channels spike; the same sound gives the same spikes.

    The filters are ``"gammatone"`` (:mod:`genprop.data.gammatone`) or ``"mel"``
    (:mod:`genprop.data.mel`). Channels spike in one of three ways:

    * ``"hair-cell"``: the motion of a gammatone filter is rectified, compressed, and drives a leaky
      integrate-and-fire fibre (:mod:`genprop.data.hair_cells`). Low tones are phase-locked.
    * ``"level-crossing"``: the level of a band, in dB, sends an event whenever it has moved by
      ``delta`` (:func:`genprop.data.level_crossings`): ON in channel j, OFF in channels + j.
    * ``"latency"``: a channel spikes once, when ∫ (level − floor) dt has reached ``charge``: the
      louder, the sooner.

    The level is that of the last ``window`` (with Hamming's weights for mel), 0 dB being about that
    of a full-scale sine in the band, and never below ``floor``; before the sound it is the floor.

    Attributes:
        filters: ``"gammatone"`` or ``"mel"``.
        spikes: ``"hair-cell"``, ``"level-crossing"`` or ``"latency"``.
        channels: how many filters.
        low: where the lowest band begins [Hz].
        high: where the highest ends [Hz]; None: 8 kHz, or as high as the sampling rate allows.
        floor: [dB of full scale]; what is softer is silence.
        delta: of level crossings [dB].
        charge: of latency spikes [dB ms].
        window: of the level [ms].
        step: between two values of the level [ms].
        preemphasis: x_n − preemphasis x_{n−1} is heard instead of x_n; in [0, 1).
        tau: of the fibres [ms].
        refractory: of the fibres [ms].

    Raises:
        DataError: for words and numbers that cannot be, and ``"hair-cell"`` with mel bands, which
            have no motion.
    """

    filters: str = "gammatone"
    spikes: str = "hair-cell"
    channels: int = 40
    low: Frequency = 50.0
    high: Frequency | None = None
    floor: float = -60.0
    delta: float = 6.0
    charge: float = 500.0
    window: Time = 25.0
    step: Time = 5.0
    preemphasis: float = 0.0
    tau: Time = 10.0
    refractory: Time = 2.0

    def __post_init__(self) -> None:
        _refuse_unknown(self.filters, "filters", _FILTERS)
        _refuse_unknown(self.spikes, "spikes", _SPIKES)
        if self.filters == "mel" and self.spikes == "hair-cell":
            raise DataError(
                "hair cells follow the motion of a filter, and mel bands are powers alone",
                where="FrontEnd",
                remedy='filters="gammatone", or spikes="level-crossing" or "latency"',
            )
        integer(self.channels, "FrontEnd(channels=…)", least=1, most=1 << 20, fault=DataError)
        times = {name: in_unit(getattr(self, name), ms, name) for name in ("window", "step", "tau")}
        for name, value in {**times, "delta": self.delta, "charge": self.charge}.items():
            real(value, f"FrontEnd({name}=…)", above=0, fault=DataError)
        in_unit(self.refractory, ms, "refractory", least=0)
        real(self.floor, "FrontEnd(floor=…) [dB]", least=-200, most=-1e-9, fault=DataError)
        real(self.preemphasis, "FrontEnd(preemphasis=…)", least=0, most=1, fault=DataError)

    @property
    def lines(self) -> int:
        """How many channels its spikes have: twice the filters where levels cross."""
        return self.channels * (2 if self.spikes == "level-crossing" else 1)

    def bands(self, rate: Frequency) -> Wave:
        """(channels, 3) [Hz] at a sampling rate: where each band begins, is centred, and ends.

        Neighbouring gammatone bands meet; mel triangles overlap, each ends at the tip of the next
        but one.

        Raises:
            DataError: where they do not fit the sampling rate.
        """
        speed = in_unit(rate, Hz, "rate")
        if self.filters == "mel":
            high = min(_HIGHEST, speed / 2) if self.high is None else self.high
            edges = mel_edges(self.channels, self.low, high, speed)
            return np.stack([edges[:-2], edges[1:-1], edges[2:]], axis=1)
        low = in_unit(self.low, Hz, "low", least=0)
        top = min(_HIGHEST, 0.9 * speed / 2) if self.high is None else self.high
        high = in_unit(top, Hz, "high")
        refuse_beyond(low, high, speed)
        return erb_bands(self.channels, low, high)

    def trains(self, sounds: Sequence[Sound]) -> list[Train]:
        """Times [ms] and channels of the spikes of each sound, all of one sampling rate."""
        if self.spikes != "hair-cell":
            return [self._of_level(sound) for sound in sounds]
        rate = sounds[0].rate
        centres = self.bands(rate)[:, 1]
        drives = [
            drive(gammatone(self._heard(sound), rate, centres), self.floor) for sound in sounds
        ]
        return fibre_spikes(
            drives, rate, in_unit(self.tau, ms, "tau"), in_unit(self.refractory, ms, "refractory")
        )

    @property
    def tail(self) -> float:
        """How long after a sound its spikes may come [ms]: filters ring, windows pass."""
        return in_unit(self.window, ms, "window") + 2 * in_unit(self.step, ms, "step")

    def level(self, sound: Sound) -> Wave:
        """The level (steps, channels) [dB] at 0, step, 2 step, … ms."""
        window, stride = frame_grid(self.window, self.step, sound.rate)
        before = np.zeros(window)  # so that the window that ends at 0 has heard nothing
        wave = np.concatenate([before, self._heard(sound)])
        bands = self.bands(sound.rate)
        if self.filters == "mel":
            edges = np.append(bands[:, 0], bands[-1, 1:])
            power, sine = mel_power(wave, sound.rate, edges, window, stride)
        else:
            squared = np.abs(gammatone(wave, sound.rate, bands[:, 1])) ** 2
            total = np.cumsum(np.pad(squared, ((0, 0), (1, 0))), axis=1)
            ends = np.arange(window, wave.size + 1, stride)
            power, sine = (total[:, ends] - total[:, ends - window]).T / window, 1.0
        return 10 * np.log10(np.maximum(power / sine, 10 ** (self.floor / 10)))

    def _heard(self, sound: Sound) -> Wave:
        """The wave after pre-emphasis, with silence behind it."""
        tail = self.tail - in_unit(self.step, ms, "step")  # the last step is one of the level
        silence = np.zeros(math.ceil(tail / 1000 * sound.rate))
        return pre_emphasis(np.concatenate([sound.wave, silence]), self.preemphasis)

    def _of_level(self, sound: Sound) -> Train:
        level = self.level(sound)
        step = 1000 * frame_grid(self.window, self.step, sound.rate)[1] / sound.rate
        if self.spikes == "level-crossing":
            found = level_crossings(level[None], dt=step, threshold=self.delta)
            return found.times.astype(np.float64), found.channels.astype(np.int64)
        return _charged((level - self.floor) * step, self.charge, step)


def _charged(gained: Wave, charge: float, step: float) -> Train:
    """The times at which what is ``gained`` [dB ms] in each step first adds up to ``charge``."""
    total = np.cumsum(gained, axis=0)
    total = np.concatenate([np.zeros((1, total.shape[1])), total])
    line = np.flatnonzero(total[-1] >= charge)
    after = np.argmax(total[:, line] >= charge, axis=0)
    low, high = total[after - 1, line], total[after, line]
    return step * (after - 1 + (charge - low) / (high - low)), line


def _refuse_unknown(value: object, name: str, known: Sequence[str]) -> None:
    if not is_one_of(value, known):
        raise DataError(
            f"{name}={value!r:.60} is unknown",
            where="FrontEnd",
            remedy=did_you_mean(str(value), known),
        )
