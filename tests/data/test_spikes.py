from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from genprop.data import SpikeBatch, step_count
from genprop.errors import DataError


def small(**changes: object) -> SpikeBatch:
    arrays: dict[str, object] = {
        "start": [0, 2, 2, 3],
        "times": np.array([1.0, 2.5, 0.0], np.float32),
        "channels": [4, 0, 1],
        "channels_total": 5,
        "duration": 10.0,
        "labels": [0, 1, 1],
    }
    return SpikeBatch(**(arrays | changes))  # pyright: ignore[reportArgumentType]


def random_batch(seed: int = 0, samples: int = 7) -> SpikeBatch:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 60, samples)
    events = [(rng.random(n) * 20, rng.integers(0, 6, n)) for n in sizes]
    return SpikeBatch.from_events(
        events, channels=6, duration=20.0, labels=rng.integers(0, 3, samples)
    )


def test_from_events_sorts_each_sample_by_time_and_keeps_its_pairs() -> None:
    pairs = [([3.0, 1.0, 2.0], [0, 1, 2]), ([], []), ([0.5, 0.5], [2, 1])]
    batch = SpikeBatch.from_events(pairs, channels=3, duration=4.0, labels=[0, 1, 0])
    assert batch.start.tolist() == [0, 3, 3, 5]
    assert batch.times.tolist() == [1.0, 2.0, 3.0, 0.5, 0.5]
    assert batch.channels.tolist() == [1, 2, 0, 1, 2]
    assert (batch.start.dtype, batch.channels.dtype) == (np.int64, np.int32)
    assert len(batch) == 3


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_float_type_of_times_is_kept_and_order_does_not_depend_on_it(
    kind: type[np.floating],
) -> None:
    rng = np.random.default_rng(3)
    pairs = [
        ((rng.random(50) * 8).astype(np.float32).astype(kind), rng.integers(0, 9, 50))
        for _ in range(5)
    ]
    pairs[2][0][0] = -0.0
    batch = SpikeBatch.from_events(pairs, channels=9, duration=8.0)
    assert batch.times.dtype == kind
    for k, (times, channels) in enumerate(pairs):
        order = np.lexsort((channels, times))
        assert np.array_equal(batch.sample(k)[0], times[order])
        assert np.array_equal(batch.sample(k)[1], channels[order])


def test_select_takes_samples_in_the_order_asked_for() -> None:
    batch = random_batch()
    chosen = batch.select([5, 0, 5])
    assert chosen.labels is not None
    assert batch.labels is not None
    assert chosen.labels.tolist() == batch.labels[[5, 0, 5]].tolist()
    for k, original in enumerate([5, 0, 5]):
        for mine, theirs in zip(chosen.sample(k), batch.sample(original), strict=True):
            assert np.array_equal(mine, theirs)
    assert len(batch.select([])) == 0


def test_select_refuses_a_sample_that_is_not_there() -> None:
    with pytest.raises(DataError, match="sample 7 was requested"):
        random_batch().select([0, 7])


def test_crop_drops_exactly_what_comes_at_or_after_the_end() -> None:
    batch = SpikeBatch.from_events([([1.0, 2.0], [0, 0]), ([2.5], [1])], channels=2, duration=9.0)
    cropped = batch.crop(2.0)
    assert (cropped.times.tolist(), cropped.start.tolist()) == ([1.0], [0, 1, 1])
    assert batch.crop(20.0).duration == 20.0


@pytest.mark.parametrize(
    ("changes", "what", "where"),
    [
        ({"times": [1.0, 10.0, 0.0]}, r"10 ms, but times lie in \[0, 10\)", "sample 0, event 1"),
        ({"times": [1.0, 2.0, -0.5]}, "-0.5 ms", "sample 2, event 0"),
        ({"times": [1.0, np.nan, 0.0]}, "nan ms", "sample 0, event 1"),
        ({"times": [2.0, 1.0, 0.0]}, "falls to 1 ms", "sample 0, event 1"),
        ({"channels": [4, 5, 1]}, "channel 5, but there are 5", "sample 0, event 1"),
        ({"channels": [4, 0, -1]}, "channel -1", "sample 2, event 0"),
        ({"channels": [4, 0]}, "one time and one channel per event", ""),
        ({"start": [0, 3, 2, 3]}, "never fall", ""),
        ({"start": [1, 2, 2, 3]}, "begin with 0", ""),
        ({"labels": [0, 1]}, "one label per sample", ""),
        ({"labels": [0, -1, 1]}, "label -1 is negative", "sample 1"),
        ({"duration": 0.0}, "cannot be", ""),
        ({"duration": np.inf}, "cannot be", ""),
        ({"targets": np.zeros((2, 4))}, "targets of shape", ""),
    ],
)
def test_events_that_break_a_rule_are_refused_by_sample_and_event(
    changes: dict[str, object], what: str, where: str
) -> None:
    with pytest.raises(DataError, match=what) as caught:
        small(**changes)
    assert where in str(caught.value)
    assert "→" in str(caught.value)


def test_from_events_refuses_swapped_pairs_unequal_lengths_and_fractional_labels() -> None:
    with pytest.raises(DataError, match="channels are integers"):
        SpikeBatch.from_events([([0, 1], [0.5, 1.5])], channels=3, duration=5.0)
    with pytest.raises(DataError, match="sample 1 has times of shape"):
        SpikeBatch.from_events([([], []), ([1.0], [0, 1])], channels=3, duration=5.0)
    with pytest.raises(DataError, match="labels are integers"):
        SpikeBatch.from_events([([], [])], channels=3, duration=5.0, labels=[0.5])


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("dt", [0.1, 0.3, 0.7, 1.0, 1e-2, 1 / 3])
def test_an_event_at_k_dt_falls_in_step_k(kind: type[np.floating], dt: float) -> None:
    k = np.arange(4000)
    times = (k * dt).astype(kind)
    batch = SpikeBatch(
        np.array([0, k.size]), times, np.zeros(k.size, np.int32), 1, float(4000 * dt)
    )
    assert np.array_equal(batch.steps(dt, "sum").step, k)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_an_event_inside_a_step_falls_in_that_step(kind: type[np.floating]) -> None:
    k = np.arange(1000)
    for inside in (0.01, 0.5, 0.99):
        times = ((k + inside) * 0.1).astype(kind)
        batch = SpikeBatch(np.array([0, k.size]), times, np.zeros(k.size, np.int32), 1, 100.0)
        assert np.array_equal(batch.steps(0.1, "sum").step, k)


def test_the_last_moment_belongs_to_the_last_step() -> None:
    last = np.nextafter(np.float32(10), np.float32(0))
    batch = SpikeBatch(np.array([0, 1]), np.array([last]), np.zeros(1, np.int32), 1, 10.0)
    assert batch.steps(0.1).step.tolist() == [99]
    assert (step_count(10.0, 0.1), step_count(0.3, 0.1), step_count(10.05, 0.1)) == (100, 3, 101)


@pytest.mark.parametrize("samples", [7, 40])
@pytest.mark.parametrize("dt", [0.013, 1.0, 4.0])
def test_steps_equal_the_plain_loop(samples: int, dt: float) -> None:
    batch = random_batch(1, samples)
    for mode in ("sum", "merge"):
        steps = batch.steps(dt, mode)
        for k in range(samples):
            times, channels = batch.sample(k)
            pairs = sorted(zip((times // dt).astype(int).tolist(), channels.tolist(), strict=True))
            own = slice(steps.start[k], steps.start[k + 1])
            found = list(zip(steps.step[own].tolist(), steps.channel[own].tolist(), strict=True))
            assert found == (pairs if mode == "sum" else sorted(set(pairs)))


def test_merge_leaves_no_two_equal_events_and_sum_keeps_all() -> None:
    batch = random_batch(2)
    merged, summed = batch.steps(5.0), batch.steps(5.0, "sum")
    assert len(summed.step) == len(batch.times) > len(merged.step)
    keys = [*zip(np.searchsorted(merged.start, np.arange(len(merged.step)), "right").tolist(),
                 merged.step.tolist(), merged.channel.tolist(), strict=True)]  # fmt: skip
    assert all(a < b for a, b in pairwise(keys))


def test_a_batch_without_events_and_one_channel_has_no_steps() -> None:
    batch = SpikeBatch.from_events([([], [])] * 3, channels=1, duration=1.0)
    steps = batch.steps(1.0)
    assert (len(steps), steps.start.tolist(), steps.step.size) == (3, [0, 0, 0, 0], 0)


def test_unknown_mode_and_impossible_step_are_refused() -> None:
    with pytest.raises(DataError, match="did you mean 'merge'"):
        small().steps(1.0, "merged")
    for dt in (0.0, -1.0, np.nan):
        with pytest.raises(DataError, match="cannot be"):
            small().steps(dt)


def test_join_gives_each_population_its_events_and_the_labels_once() -> None:
    left, right = random_batch(1), random_batch(2)
    both = SpikeBatch.join({"left": left, "right": right})
    assert both.source("left") is left
    assert both.labels is not None
    assert left.labels is not None
    assert both.labels.tolist() == left.labels.tolist()
    chosen = both.select([3, 1])
    assert np.array_equal(chosen.source("right").sample(0)[0], right.sample(3)[0])
    assert both.crop(5.0).source("left").duration == 5.0
    assert left.source("anything") is left
    with pytest.raises(DataError, match="did you mean 'left'"):
        both.source("lefd")
    with pytest.raises(DataError, match="differ in samples or duration"):
        SpikeBatch.join({"left": left, "right": right.select([0])})
    with pytest.raises(DataError, match="no inputs"):
        SpikeBatch.join({})
