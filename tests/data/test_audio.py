"""Sounds become spikes where, when and as often as their frequency, time and loudness say."""

from __future__ import annotations

import math

import numpy as np
import pytest

import genprop as gp
from genprop import Hz, kHz, ms
from genprop.data import FrontEnd, from_audio
from genprop.data.gammatone import erb, gammatone
from genprop.data.hair_cells import fibre_spikes
from genprop.data.resample import resampled
from genprop.errors import DataError, DimensionError

RATE = 16000.0
FRONTS = {
    "hair cells": FrontEnd(channels=24, low=100),
    "gammatone levels": FrontEnd(channels=24, low=100, spikes="level-crossing"),
    "gammatone latency": FrontEnd(channels=24, low=100, spikes="latency"),
    "mel levels": FrontEnd(filters="mel", channels=24, low=100, spikes="level-crossing"),
    "mel latency": FrontEnd(filters="mel", channels=24, low=100, spikes="latency"),
}
every = pytest.mark.parametrize("front", FRONTS.values(), ids=list(FRONTS))


def tone(frequency: float, amplitude: float = 0.1, seconds: float = 0.3) -> np.ndarray:
    """With a rise of 20 ms, so that it begins without a click."""
    t = np.arange(round(seconds * RATE)) / RATE
    return amplitude * np.sin(2 * np.pi * frequency * t) * np.minimum(t / 0.02, 1)


def heard(front: FrontEnd, *waves: np.ndarray, rate: float = RATE) -> gp.data.SpikeBatch:
    return from_audio(waves, rate=rate, labels=[0] * len(waves), front_end=front).spikes


def counts(batch: gp.data.SpikeBatch, sample: int, channels: int) -> np.ndarray:
    """Spikes per filter; of levels, ON and OFF together."""
    return np.bincount(batch.sample(sample)[1] % channels, minlength=channels)


@every
@pytest.mark.parametrize("channel", [2, 9, 16, 22])
def test_a_tone_is_heard_by_the_channel_whose_band_holds_it(front: FrontEnd, channel: int) -> None:
    """The most spikes, or of latencies the first, at the band's centre and off it."""
    low, centre, high = front.bands(RATE)[channel]
    apart = 0.2 if front.filters == "gammatone" else 0.1  # mel triangles overlap by half
    pitches = [centre - apart * (high - low), centre, centre + apart * (high - low)]
    batch = heard(front, *map(tone, pitches))
    for k in range(3):
        times, lines = batch.sample(k)
        if front.spikes == "latency":
            assert lines[np.argmin(times)] == channel
        else:
            found = counts(batch, k, front.channels)
            assert found[channel] == found.max() > 0
            assert found[np.abs(np.arange(24) - channel) > 6].max() < found.max()


@every
def test_louder_is_earlier_and_never_fewer(front: FrontEnd) -> None:
    channel = 12
    frequency = front.bands(RATE)[channel, 1]
    batch = heard(front, *(tone(frequency, a) for a in (0.01, 0.03, 0.1, 0.3, 0.9)))
    first, number = [], []
    for k in range(5):
        times, lines = batch.sample(k)
        first.append(times[lines % front.channels == channel].min())
        number.append(len(times))
    assert np.all(np.diff(first) < 0)
    assert np.all(np.diff(number) >= 0) and number[-1] > number[0]


@every
def test_silence_and_what_is_below_the_floor_have_no_spikes(front: FrontEnd) -> None:
    rng = np.random.default_rng(0)
    faint = 10 ** (front.floor / 20) * 0.1
    batch = heard(front, np.zeros(4000), faint * rng.uniform(-1, 1, 4000), tone(800, faint))
    assert len(batch.times) == 0


@every
def test_a_sound_that_comes_later_spikes_later_by_that(front: FrontEnd) -> None:
    rng = np.random.default_rng(1)
    wave = rng.uniform(-0.5, 0.5, 3000) * np.hanning(3000)
    late = 10 * round(0.005 * RATE)  # steps of the level
    (early, channels), (later, same) = (
        heard(front, x).sample(0) for x in (wave, np.append(np.zeros(late), wave))
    )
    assert len(early) > 10
    by_channel = [np.lexsort((t, c)) for t, c in ((early, channels), (later, same))]
    assert np.array_equal(channels[by_channel[0]], same[by_channel[1]])
    shift = later[by_channel[1]] - early[by_channel[0]]
    assert shift == pytest.approx(1000 * late / RATE, abs=1e-3)


@every
def test_a_sound_has_the_same_spikes_whatever_is_heard_with_it(front: FrontEnd) -> None:
    waves = [tone(300, seconds=0.1), tone(900), tone(2500, seconds=0.2)]
    together = heard(front, *waves)
    for k, wave in enumerate(waves):
        for ours, theirs in zip(heard(front, wave).sample(0), together.sample(k), strict=True):
            assert np.array_equal(ours, theirs)


def test_a_gammatone_filter_has_its_impulse_response() -> None:
    """Four resonators after another, and so about t³ exp(−2πbt) exp(2πi f_c t)."""
    centre = 1000.0
    click = np.zeros(3000)
    click[500] = 1.0
    found = gammatone(click, RATE, np.array([centre]))[0]
    b = 1.019 * float(erb(np.array([centre]))[0])
    due = 2 * click.astype(complex)
    a = math.exp(-2 * math.pi * b / RATE)
    turn = a * np.exp(2j * np.pi * centre / RATE)
    for _ in range(4):
        due[0] *= 1 - a
        for n in range(1, 3000):
            due[n] = (1 - a) * due[n] + turn * due[n - 1]
    assert found == pytest.approx(due, abs=1e-12)
    t = (np.arange(3000) - 500 + 2) / RATE  # (n + 1)(n + 2)(n + 3) is about (n + 2)³
    smooth = (
        2 * np.where(t > 0, t**3, 0) * np.exp(-2 * np.pi * b * t) * (2 * np.pi * b) ** 4 / 6 / RATE
    )
    assert np.abs(found) == pytest.approx(smooth, abs=0.1 * smooth.max())


def test_a_tone_of_amplitude_a_has_the_envelope_a() -> None:
    y = gammatone(tone(1000, 0.3, 0.5), RATE, np.array([1000.0]))[0]
    assert np.abs(y[4000:7000]) == pytest.approx(0.3, rel=1e-3)


@pytest.mark.parametrize("strength", [1.05, 2.0, 8.0])
def test_a_fibre_fires_at_the_rate_of_a_leaky_integrator(strength: float) -> None:
    """Intervals of t_ref + τ ln(x/(x − 1)); the refractory period is in steps of the wave."""
    ((times, _),) = fibre_spikes([np.full((1, 16000), strength)], RATE, 10.0, 2.0)
    interval = 10 * math.log(strength / (strength - 1))
    assert times[0] == pytest.approx(interval, abs=2e-3 + 1e-4 * interval)
    gaps = np.diff(times)
    assert gaps.min() >= 2.0 + interval - 0.07 and gaps.max() <= 2.0 + interval + 0.14
    below = fibre_spikes([np.full((1, 16000), 0.999)], RATE, 10.0, 2.0)
    assert below[0][0].size == 0


@pytest.mark.parametrize("filters", ["mel", "gammatone"])
def test_a_full_scale_tone_has_about_0_db(filters: str) -> None:
    front = FrontEnd(filters=filters, spikes="level-crossing", channels=20, low=200)
    centre = front.bands(RATE)[10, 1]
    for amplitude in (1.0, 0.1):
        level = front.level(gp.data.Sound(tone(centre, amplitude), RATE, ""))
        due = 20 * math.log10(amplitude)
        assert level[30, 10] == pytest.approx(due, abs=1.5)
        assert level[0] == pytest.approx(front.floor)


@pytest.mark.parametrize(("old", "new"), [(16000, 8000), (8000, 16000), (22050, 16000)])
def test_a_wave_at_another_rate_is_the_same_wave(old: int, new: int) -> None:
    def wave(rate: int) -> np.ndarray:
        t = np.arange(rate // 5) / rate
        return np.sin(2 * np.pi * 700 * t) * np.sin(np.pi * t / 0.2) ** 4

    found = resampled(wave(old), old, new)
    assert len(found) == new // 5
    assert found == pytest.approx(wave(new), abs=1e-4)


def test_a_tone_above_half_the_new_rate_is_gone() -> None:
    assert np.abs(resampled(tone(6000), RATE, 8000.0)[500:1500]).max() < 1e-3


def test_the_same_sound_sampled_faster_has_nearly_the_same_spikes() -> None:
    front = FrontEnd(channels=12, low=200, high=3000)
    slow = tone(800)
    fast = resampled(slow, RATE, 48000.0)
    direct, other = heard(front, slow), heard(front, fast, rate=48000)
    back = from_audio([fast], rate=48 * kHz, labels=[0], front_end=front, resample=RATE).spikes
    number = len(direct.times)
    assert abs(len(other.times) - number) <= 0.05 * number
    assert len(back.times) == pytest.approx(number, abs=0.01 * number)


def test_integers_are_scaled_by_their_own_full_scale() -> None:
    wave = tone(500, 0.5)
    front = FRONTS["gammatone levels"]
    floats = heard(front, wave)
    short = heard(front, np.round(32768 * wave).astype(np.int16))
    unsigned = heard(front, np.round(2**31 * (wave + 1)).astype(np.uint32))
    for batch in (short, unsigned):
        assert len(batch.times) == pytest.approx(len(floats.times), abs=2)


def test_times_and_frequencies_have_units() -> None:
    plain = FrontEnd(low=200, high=4000, window=30, tau=5)
    named = FrontEnd(low=0.2 * kHz, high=4000 * Hz, window=30 * ms, tau=5 * ms)
    assert np.array_equal(plain.bands(RATE), named.bands(16 * kHz))
    assert np.array_equal(heard(plain, tone(500)).times, heard(named, tone(500)).times)
    with pytest.raises(DimensionError, match="low is given in ms"):
        FrontEnd(low=20 * ms).bands(RATE)


def test_stereo_is_refused_until_it_is_said_what_of_it_is_heard() -> None:
    left, right = tone(500), tone(1500)
    both = np.stack([left, right], axis=1)
    front = FRONTS["hair cells"]
    with pytest.raises(DataError, match="has 2 channels") as fault:
        heard(front, both)
    assert "mix=" in fault.value.remedy
    for mix, wave in ((0, left), (1, right), ("mean", (left + right) / 2)):
        mixed = from_audio([both], rate=RATE, labels=[0], front_end=front, mix=mix).spikes
        assert np.array_equal(mixed.times, heard(front, wave).times)
    with pytest.raises(DataError, match="more channels than samples"):
        heard(front, both.T)


def test_what_is_no_sound_is_refused_with_its_place() -> None:
    front, good = FrontEnd(channels=4, low=200), tone(500)
    bad = good.copy()
    bad[7] = np.nan
    for wave, words in (
        (np.zeros(0), "empty"),
        (bad, "nan at sample 7"),
        (32768 * good, "full scale is 1"),
        (good > 0, "a wave of bool"),
    ):
        with pytest.raises(DataError, match=words) as fault:
            heard(front, good, wave)
        assert "sound 1" in str(fault.value)
    with pytest.raises(DataError, match="rate="):
        from_audio([good], labels=[0])
    with pytest.raises(DataError, match="no labels"):
        from_audio([good], rate=RATE)
    with pytest.raises(DataError, match="2 labels for 1 sounds"):
        from_audio([good], rate=RATE, labels=[0, 1])


def test_a_rate_too_low_for_the_top_filter_is_refused() -> None:
    for filters, spikes in (("gammatone", "hair-cell"), ("mel", "latency")):
        with pytest.raises(DataError, match="8000 Hz"):
            heard(FrontEnd(filters=filters, spikes=spikes, high=5000), tone(500), rate=8000)
    with pytest.raises(DataError, match="top filter"):
        heard(FrontEnd(channels=10, low=3000, high=4000), tone(500), rate=8000)
    with pytest.raises(DataError, match="between two frequencies"):
        heard(FrontEnd(filters="mel", spikes="latency", channels=200), tone(500))


def test_words_that_are_unknown_are_refused() -> None:
    for options, words in (
        ({"filters": "melt"}, "did you mean 'mel'"),
        ({"spikes": "latencies"}, "did you mean 'latency'"),
        ({"filters": "mel"}, "gammatone"),
        ({"channels": 0}, "from 1"),
        ({"floor": 3.0}, "to -1e-09"),
        ({"tau": -1}, "above 0"),
    ):
        with pytest.raises(DataError, match=words):
            FrontEnd(**options)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="channels"):
        from_audio([tone(500)], rate=RATE, labels=[0], front_end={"chanels": 3})


def test_logarithms_of_mel_bands_are_those_of_their_formula() -> None:
    """Written anew for one frame: Hamming, |X|²/N, triangles in mel, ln."""
    rng = np.random.default_rng(2)
    wave = rng.uniform(-1, 1, 1000)
    found = gp.data.mel_bands(wave, RATE, bands=12)
    assert found.shape == (12, 4)
    steep = np.append(wave[0], wave[1:] - 0.95 * wave[:-1])
    frame = steep[160:560] * (0.54 - 0.46 * np.cos(2 * np.pi * np.arange(400) / 399))
    power = [
        abs(sum(x * np.exp(-2j * np.pi * k * n / 512) for n, x in enumerate(frame))) ** 2 / 512
        for k in range(257)
    ]
    tips = [700 * (10 ** (m / 2595) - 1) for m in np.linspace(0, 2595 * np.log10(1 + 80 / 7), 14)]
    for band in range(12):
        low, tip, high = tips[band : band + 3]
        total = 0.0
        for k, p in enumerate(power):
            f = k * RATE / 512
            total += p * max(0.0, min((f - low) / (tip - low), (high - f) / (high - tip)))
        assert found[band, 1] == pytest.approx(math.log(total), abs=1e-9)
