from __future__ import annotations

import numpy as np
import pytest

from genprop.data import (
    Augmentation,
    Blend,
    Dataset,
    Drop,
    Equalise,
    Jitter,
    Level,
    Noise,
    Shift,
    SpikeBatch,
    Warp,
)
from genprop.errors import DataError, DimensionError
from genprop.units import Hz, mV, s
from genprop.units import ms as milliseconds

ALL: list[Augmentation] = [
    Shift(5),
    Blend(),
    Jitter(3.0),
    Drop(0.4),
    Noise(20.0),
    Warp(0.2, 10.0),
    Equalise(),
    Level(300.0),
]


def make(
    samples: int = 40, events: int = 60, classes: int = 4, kind: type[np.floating] = np.float32
) -> Dataset:
    rng = np.random.default_rng(1)
    pairs = [
        ((rng.random(events) * 100).astype(kind), rng.integers(10, 30, events))
        for _ in range(samples)
    ]
    pairs[3] = (np.empty(0, kind), np.empty(0, np.int64))
    labels = np.arange(samples) % classes
    spikes = SpikeBatch.from_events(pairs, channels=40, duration=100.0, labels=labels)
    return Dataset(spikes, classes)


def applied(what: Augmentation, data: Dataset, seed: int = 7) -> SpikeBatch:
    return what.apply(data.spikes, np.random.default_rng(seed), data)


@pytest.mark.parametrize("what", ALL, ids=repr)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_an_augmentation_is_a_function_of_the_generator_and_keeps_labels_and_types(
    what: Augmentation, kind: type[np.floating]
) -> None:
    data = make(kind=kind)
    once, again, other = (applied(what, data, seed) for seed in (7, 7, 8))
    assert np.array_equal(once.times, again.times)
    assert np.array_equal(once.channels, again.channels)
    assert not np.array_equal(once.times, other.times) or not np.array_equal(
        once.channels, other.channels
    )
    assert once.times.dtype == kind
    assert once.labels is not None
    assert np.array_equal(once.labels, data.labels)
    assert len(once) == len(data)


@pytest.mark.parametrize("what", ALL, ids=repr)
def test_a_batch_without_any_event_stays_legal(what: Augmentation) -> None:
    empty = SpikeBatch.from_events([([], [])] * 3, channels=9, duration=5.0, labels=[0, 1, 0])
    result = applied(what, Dataset(empty, 2))
    assert len(result) == 3
    assert applied(what, Dataset(empty.select([]), 2)).start.tolist() == [0]


def test_shift_moves_each_sample_by_one_number_of_channels() -> None:
    data = make()
    result = applied(Shift(10), data)
    moves: set[int] = set()
    for k in range(len(data)):
        (times, before), (later, after) = data.spikes.sample(k), result.sample(k)
        assert np.array_equal(times, later)
        if len(before):
            assert len(set((after - before).tolist())) == 1
            moves.add(int(after[0] - before[0]))
    assert min(moves) >= -10
    assert max(moves) <= 10
    assert len(moves) > 10


def test_shift_drops_what_leaves_the_channels() -> None:
    data = make()
    result = applied(Shift(30), data)
    assert 0 < len(result.times) < len(data.spikes.times)
    assert np.all((result.channels >= 0) & (result.channels < 40))


def test_blend_of_a_sample_with_itself_at_probability_one_doubles_it() -> None:
    data = make(samples=4)  # one sample per class: each partner is the sample itself
    result = applied(Blend(1.0, fraction=1.0), data)
    for k in range(4):
        times, channels = data.spikes.sample(k)
        assert np.array_equal(result.sample(k)[0], np.repeat(times, 2))
        assert sorted(result.sample(k)[1].tolist()) == sorted(np.repeat(channels, 2).tolist())


def test_blend_meets_half_way_in_channel_and_time_within_the_class() -> None:
    low = ([10.0, 14.0], [4, 6])
    high = ([30.0, 34.0], [24, 26])
    other = ([90.0], [39])
    spikes = SpikeBatch.from_events(
        [low, high, other], channels=40, duration=100.0, labels=[0, 0, 1]
    )
    data = Dataset(spikes, 2)
    blend, met = Blend(1.0, fraction=1.0), 0
    for seed in range(20):
        result = applied(blend, data, seed)
        assert set(result.sample(2)[0].tolist()) == {90.0}
        times, channels = result.sample(0)
        if times.tolist() == [20.0, 20.0, 24.0, 24.0]:
            assert channels.tolist() == [14, 14, 16, 16]
            met += 1
        else:
            assert times.tolist() == [10.0, 10.0, 14.0, 14.0]
    assert 0 < met < 20


def test_blend_keeps_each_event_with_the_probability_and_leaves_the_other_samples_alone() -> None:
    data = make(samples=400)
    total = len(data.spikes.times)
    assert len(applied(Blend(0.5, 1.0), data).times) == pytest.approx(total, rel=0.05)
    assert len(applied(Blend(0.2, 1.0), data).times) == pytest.approx(0.4 * total, rel=0.05)
    result = applied(Blend(0.5, 0.25), data)
    untouched = sum(
        np.array_equal(result.sample(k)[0], data.spikes.sample(k)[0]) for k in range(400)
    )
    assert untouched == pytest.approx(300, abs=40)


def test_blend_refuses_a_data_set_that_lacks_the_class() -> None:
    data = make()
    lacking = data.select(data.labels != 2)
    with pytest.raises(DataError, match="lacks a class"):
        Blend(0.5, 1.0).apply(data.spikes, np.random.default_rng(0), lacking)


def test_jitter_keeps_every_event_in_its_channel_and_inside_the_sample() -> None:
    data = make(samples=200)
    result = applied(Jitter(4.0), data)
    assert np.array_equal(result.start, data.spikes.start)
    for k in range(len(data)):
        assert sorted(result.sample(k)[1].tolist()) == sorted(data.spikes.sample(k)[1].tolist())
    middle = SpikeBatch.from_events([([50.0], [0])] * 5000, channels=1, duration=100.0,
                                    labels=[0] * 5000)  # fmt: skip
    moved = applied(Jitter(4.0), Dataset(middle, 1)).times
    assert moved.std() == pytest.approx(4.0, rel=0.05)
    assert moved.mean() == pytest.approx(50.0, abs=0.3)
    early = SpikeBatch.from_events([([0.5], [0])] * 5000, channels=1, duration=100.0,
                                   labels=[0] * 5000)  # fmt: skip
    reflected = applied(Jitter(4.0), Dataset(early, 1)).times
    assert len(np.unique(reflected)) > 4900
    far = applied(Jitter(1e4), data)
    assert len(far.times) == len(data.spikes.times)


def test_warp_plays_each_sample_at_one_speed_about_the_middle_and_one_time_later() -> None:
    times = np.linspace(40.0, 60.0, 21)
    pairs = [(times, np.zeros(21, np.int64))] * 300
    spikes = SpikeBatch.from_events(pairs, channels=1, duration=100.0, labels=[0] * 300)
    result = applied(Warp(0.5, 20.0), Dataset(spikes, 1))
    played = result.times.reshape(300, 21).astype(np.float64)
    factor, middle = np.ptp(played, axis=1) / 20, played[:, 10]
    assert np.allclose(played, middle[:, None] + factor[:, None] * (times - 50), atol=1e-4)
    assert (factor.min(), factor.max()) == pytest.approx((0.5, 1.5), abs=0.02)
    assert (middle.min(), middle.max()) == pytest.approx((30.0, 70.0), abs=1.0)
    assert abs(np.corrcoef(factor, middle)[0, 1]) < 0.2
    assert np.array_equal(applied(Warp(0.5, 20.0 * milliseconds), Dataset(spikes, 1)).times,
                          result.times)  # fmt: skip


def test_warp_drops_what_leaves_the_trial() -> None:
    data = make()
    result = applied(Warp(0.0, 60.0), data)
    assert 0 < len(result.times) < len(data.spikes.times)
    assert len(applied(Warp(), data).times) == len(data.spikes.times)


def test_drop_leaves_out_the_share_it_says() -> None:
    data = make(samples=400)
    total = len(data.spikes.times)
    assert len(applied(Drop(0.3), data).times) == pytest.approx(0.7 * total, rel=0.02)
    assert len(applied(Drop(0.0), data).times) == total
    assert len(applied(Drop(1.0), data).times) == 0


def test_noise_adds_rate_times_channels_times_duration_events_per_sample() -> None:
    data = make(samples=200)
    expected = 20e-3 * 40 * 100 * 200
    for noise in (Noise(20.0), Noise(20 * Hz), Noise(0.02 / milliseconds)):
        added = len(applied(noise, data).times) - len(data.spikes.times)
        assert added == pytest.approx(expected, rel=0.05)


def test_quantities_are_checked_and_equal_plain_numbers() -> None:
    data = make()
    plain, unit = applied(Jitter(3.0), data), applied(Jitter(3e-3 * s), data)
    assert np.allclose(plain.times, unit.times)
    with pytest.raises(DimensionError, match="given in mV"):
        Jitter(3 * mV)


def test_impossible_augmentations_are_refused_when_they_are_written() -> None:
    for wrong in (
        lambda: Shift(-1),
        lambda: Blend(1.5),
        lambda: Blend(0.5, -0.1),
        lambda: Jitter(-1.0),
        lambda: Jitter(np.nan),
        lambda: Drop(2.0),
        lambda: Noise(-3.0),
        lambda: Warp(1.0),
        lambda: Warp(0.1, -2.0),
    ):
        with pytest.raises(DataError, match="cannot be"):
            wrong()


@pytest.mark.parametrize("what", ALL, ids=repr)
def test_a_batch_of_several_sources_is_refused(what: Augmentation) -> None:
    data = make()
    both = SpikeBatch.join({"a": data.spikes, "b": data.spikes})
    with pytest.raises(DataError, match="one source"):
        what.apply(both, np.random.default_rng(0), data)


def test_a_warp_about_the_start_leaves_it_where_it_is() -> None:
    spikes = SpikeBatch.from_events(
        [([0.0, 10.0, 40.0], [0, 1, 2])] * 9, channels=3, duration=100.0, labels=[0] * 9
    )
    result = applied(Warp(0.5, centre=0.0), Dataset(spikes, 1))
    times = result.times.reshape(9, 3)
    assert (times[:, 0] == 0).all()
    assert np.allclose(times[:, 2], 4 * times[:, 1], rtol=1e-6)
    assert np.ptp(times[:, 1]) > 1
    assert np.abs(times[:, 1] - 10).max() <= 5
