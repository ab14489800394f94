"""Recordings through other microphones, of one loudness, from their onsets."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from genprop.data import Dataset, Equalise, Level, SpikeBatch, from_onset
from genprop.errors import DataError
from genprop.units import Hz, ms, s

SAMPLES, CHANNELS, DURATION = 6, 50, 400.0


def recordings(events: int, begin: float = 0.0, end: float = DURATION) -> Dataset:
    """Events uniform over channels and over [begin, end)."""
    rng = np.random.default_rng()
    pairs = [
        (rng.uniform(begin, end, events), rng.integers(0, CHANNELS, events)) for _ in range(SAMPLES)
    ]
    spikes = SpikeBatch.from_events(
        pairs, channels=CHANNELS, duration=DURATION, labels=np.zeros(SAMPLES, int)
    )
    return Dataset(spikes, 1)


def per_channel(data: Dataset, sample: int) -> np.ndarray:
    return np.bincount(data.spikes.sample(sample)[1], minlength=CHANNELS)


def test_a_profile_is_a_samples_own_smooth_over_channels_and_loses_at_most_its_depth() -> None:
    data, depth = recordings(100_000), 0.6
    heard = data.changed(Equalise(depth, knots=3))
    fraction = np.array([per_channel(heard, k) / per_channel(data, k) for k in range(SAMPLES)])
    error = 6 * np.sqrt(0.25 / 2000)  # six standard deviations of a fraction of 2000 events
    assert fraction.min() > 1 - depth - error
    knots = fraction[:, [0, (CHANNELS - 1) // 2, CHANNELS - 1]]
    line = np.array([np.interp(np.arange(CHANNELS), [0, 24.5, 49], k) for k in knots])
    assert np.abs(fraction - line).max() < 3 * error
    assert np.ptp(knots, axis=0).min() > 0.01  # other samples, other microphones


def test_a_depth_of_0_keeps_all_and_channels_alone_decide() -> None:
    data = recordings(500)
    assert len(data.changed(Equalise(0.0)).spikes.times) == len(data.spikes.times)
    one = Dataset(
        SpikeBatch.from_events([([1.0, 2.0], [0, 0])], channels=1, duration=5.0, labels=[0]), 1
    )
    assert len(one.changed(Equalise(0.0)).spikes.times) == 2


@pytest.mark.parametrize("rate", [20_000.0, 20_000.0 * Hz, 20.0 / (1e-3 * s)])
def test_a_loud_sample_is_thinned_to_the_level_whenever_its_sound_is(rate: float) -> None:
    data = recordings(20_000, 100.0, 300.0)  # 100 000 Hz for 200 ms
    counts = np.diff(data.changed(Level(rate)).spikes.start)
    assert np.abs(counts - 4000).max() < 6 * np.sqrt(4000) + 40


def test_what_is_quieter_than_the_level_stays() -> None:
    data = recordings(100)
    assert np.array_equal(data.changed(Level(1e5)).spikes.times, data.spikes.times)


def test_a_click_of_no_length_is_taken_for_50_ms() -> None:
    spikes = SpikeBatch.from_events(
        [(np.full(9000, 7.0), np.arange(9000) % 9)], channels=9, duration=100.0, labels=[0]
    )
    found = Dataset(spikes, 1).changed(Level(1e4))
    assert abs(len(found.spikes.times) - 1e4 * 0.05 / 0.9) < 6 * np.sqrt(600)


def test_sound_begins_where_it_was_asked_to() -> None:
    begin = 10 * int(np.random.default_rng().integers(4, 20))
    data = recordings(3000, float(begin), begin + 120.0)
    noise = recordings(60)
    joined: list[tuple[np.ndarray, np.ndarray]] = []
    for k in range(SAMPLES):
        (t, c), (u, d) = data.spikes.sample(k), noise.spikes.sample(k)
        joined.append((np.concatenate([t, u]), np.concatenate([c, d])))
    both = Dataset(
        SpikeBatch.from_events(joined, channels=CHANNELS, duration=DURATION, labels=[0] * SAMPLES),
        1,
    )
    moved = from_onset(both, 250.0, before=30.0)
    assert moved.duration == 250.0
    for k in range(SAMPLES):
        times = moved.spikes.sample(k)[0]
        # three bins reach 15 % of the largest in the one before the sound
        assert abs(np.quantile(times, 0.5) - (40 + 60)) < 10
        assert np.mean(times < 35) < 0.1


def test_sounds_get_the_length_that_is_asked_for() -> None:
    begin, length = 100.0, np.random.default_rng().uniform(60.0, 250.0)
    data = recordings(4000, begin, begin + length)
    for evenness in (1.0, 0.5, 0.0):
        even = from_onset(data, 900.0, before=40.0, lasting=200.0 * ms, evenness=evenness)
        expected = length ** (1 - evenness) * 200.0**evenness
        for k in range(SAMPLES):
            inner = np.quantile(even.spikes.sample(k)[0], [0.05, 0.95])
            # the sound begins one bin before its first event, which belongs to its length
            assert np.ptp(inner) == pytest.approx(0.9 * expected, rel=0.15)


def test_a_click_is_not_stretched_without_end() -> None:
    spikes = SpikeBatch.from_events(
        [(np.full(20, 7.0), np.arange(20) % 9), ([], [])], channels=9, duration=100.0, labels=[0, 0]
    )
    even = from_onset(Dataset(spikes, 1), 900.0, before=40.0, lasting=200.0)
    assert even.spikes.start.tolist() == [0, 20, 20]
    assert np.all(np.abs(even.spikes.times - 40.0) <= 200.0 / 50.0 * 20.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # also that a number overflows
        times = np.append(np.linspace(200, 210, 99), [10.0, 390.0]).astype(np.float32)
        tail = SpikeBatch.from_events(
            [(times, np.zeros(101, int))],
            channels=1,
            duration=400.0,
            labels=[0],
        )
        far = from_onset(Dataset(tail, 1), 900.0, before=40.0, lasting=3e38)
    assert np.all((far.spikes.times >= 0) & (far.spikes.times < 900.0))
    for wrong in (0.0, -3.0, np.nan):
        with pytest.raises(DataError, match="last"):
            from_onset(Dataset(spikes, 1), 900.0, lasting=wrong)
    with pytest.raises(DataError, match="evenness"):
        from_onset(Dataset(spikes, 1), 900.0, lasting=200.0, evenness=1.5)


def test_a_sample_without_events_and_a_longer_duration_are_legal() -> None:
    spikes = SpikeBatch.from_events(
        [([], []), ([3.0], [1])], channels=2, duration=5.0, labels=[0, 0]
    )
    moved = from_onset(Dataset(spikes, 1), 80.0, before=20.0)
    assert moved.spikes.start.tolist() == [0, 0, 1]
    assert moved.spikes.times.tolist() == [23.0]


def test_times_that_leave_the_samples_are_dropped() -> None:
    data = recordings(2000)
    moved = from_onset(data, 50.0, before=10.0)
    assert len(moved.spikes.times) < len(data.spikes.times)
    assert moved.spikes.times.max() < 50.0
    with pytest.raises(DataError, match="nothing is left"):
        from_onset(data, 20.0, before=20.0)


def test_a_data_set_is_changed_as_its_seed_says() -> None:
    data = recordings(200)
    once, again = (data.changed(Equalise(), Level(300.0), seed=3) for _ in range(2))
    assert np.array_equal(once.spikes.times, again.spikes.times)
    assert not np.array_equal(once.spikes.times, data.changed(Equalise(), seed=4).spikes.times)
