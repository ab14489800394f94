from __future__ import annotations

import numpy as np
import pytest

from genprop.data import Blend, Dataset, Drop, Jitter, Noise, Shift, SpikeBatch
from genprop.errors import DataError


def make(samples: int = 103, classes: int = 4, speakers: int = 5, seed: int = 0) -> Dataset:
    """Sample k has a first event in channel 0 at time k, so that it can be recognised."""
    rng = np.random.default_rng(seed)
    events = [
        (
            np.r_[k, rng.random(k % 7) * 100 + 100].astype(np.float32),
            np.r_[0, rng.integers(1, 20, k % 7)],
        )
        for k in range(samples)
    ]
    spikes = SpikeBatch.from_events(
        events, channels=20, duration=300.0, labels=np.arange(samples) % classes
    )
    return Dataset(spikes, classes, "numbered", tuple("abcd"), rng.integers(0, speakers, samples))


def numbers(batch: SpikeBatch) -> list[int]:
    return [int(batch.sample(k)[0][0]) for k in range(len(batch))]


def same(a: SpikeBatch, b: SpikeBatch) -> bool:
    return all(
        np.array_equal(x, y)
        for x, y in ((a.start, b.start), (a.times, b.times), (a.channels, b.channels))
    )


def test_a_pass_without_seed_is_in_order_and_includes_the_last_partial_batch() -> None:
    data = make()
    batches = list(data.batches(10))
    assert [len(b) for b in batches] == [10] * 10 + [3]
    assert [n for b in batches for n in numbers(b)] == list(range(103))
    assert len(list(data.batches(10, drop_last=True))) == 10


def test_a_seeded_pass_takes_every_sample_once_with_its_label() -> None:
    data = make()
    seen: list[int] = []
    for batch in data.batches(10, seed=3):
        assert batch.labels is not None
        assert batch.labels.tolist() == [n % 4 for n in numbers(batch)]
        seen += numbers(batch)
    assert sorted(seen) == list(range(103))
    assert seen != list(range(103))


def test_order_is_a_function_of_seed_and_epoch() -> None:
    def order(seed: int | tuple[int, int]) -> list[int]:
        return [n for b in make().batches(16, seed=seed) for n in numbers(b)]

    assert order((1, 0)) == order(1)
    assert len({tuple(order((s, e))) for s in (1, 2) for e in (0, 1)}) == 4


def test_a_run_that_goes_on_at_a_batch_sees_the_same_bits() -> None:
    data = make().with_augment(Shift(3), Blend(0.7), Jitter(2.0), Drop(0.1), Noise(5.0))
    whole = list(data.batches(16, seed=(5, 2)))
    resumed = list(data.batches(16, seed=(5, 2), first=4))
    assert len(resumed) == len(whole) - 4
    assert all(same(a, b) for a, b in zip(whole[4:], resumed, strict=True))
    other = list(data.batches(16, seed=(5, 3), first=4))
    assert not any(same(a, b) for a, b in zip(whole[4:], other, strict=True))


def test_every_batch_of_a_pass_is_augmented_differently() -> None:
    alike = SpikeBatch.from_events([([50.0], [0])] * 12, channels=1, duration=100.0,
                                   labels=[0] * 12)  # fmt: skip
    data = Dataset(alike, 1).with_augment(Jitter(2.0))
    passes = [b for epoch in (0, 1) for b in data.batches(4, seed=(1, epoch))]
    assert len({tuple(b.times.tolist()) for b in passes}) == 6


def test_the_own_augmentation_acts_on_seeded_passes_only() -> None:
    data = make().with_augment(Drop(1.0))
    assert sum(len(b.times) for b in data.batches(50, seed=1)) == 0
    assert sum(len(b.times) for b in data.batches(50)) == len(data.spikes.times)
    assert sum(len(b.times) for b in data.batches(50, seed=1, augment=())) == len(data.spikes.times)


def test_impossible_passes_are_refused_before_the_first_batch() -> None:
    data = make()
    with pytest.raises(DataError, match="batch of 0 samples"):
        data.batches(0)
    with pytest.raises(DataError, match="without a seed"):
        data.batches(8, augment=[Shift(1)])
    with pytest.raises(DataError, match="seed"):
        data.batches(8, seed=(-1, 0))


def test_a_stratified_split_gives_every_class_its_share_and_shares_no_sample() -> None:
    data = make(100)
    first, second = data.split(0.8, seed=1)
    assert sorted(numbers(first.spikes) + numbers(second.spikes)) == list(range(100))
    assert np.bincount(first.labels).tolist() == [20] * 4
    odd, _ = make(103).split(0.9, seed=1)
    assert len(odd) == 93
    plain, rest = data.split(0.31, seed=1, stratify=False)
    assert (len(plain), len(rest)) == (31, 69)
    assert numbers(data.split(0.8, seed=2)[0].spikes) != numbers(first.spikes)
    assert numbers(data.split(0.8, seed=1)[0].spikes) == numbers(first.spikes)


@pytest.mark.parametrize("fraction", [0.0, 1.0, 1.5, np.nan])
def test_a_split_that_leaves_a_part_empty_is_refused(fraction: float) -> None:
    with pytest.raises(DataError, match="fraction"):
        make().split(fraction)


def test_speakers_are_in_one_part_only() -> None:
    data = make()
    for held_out in (2, [0, 3]):
        rest, held = data.split_speakers(held_out, seed=4)
        assert rest.speakers is not None
        assert held.speakers is not None
        assert not set(rest.speakers.tolist()) & set(held.speakers.tolist())
        assert len(set(held.speakers.tolist())) == 2
        assert len(rest) + len(held) == len(data)


def test_leave_one_speaker_out_tests_on_everybody_once() -> None:
    data = make()
    seen: list[int] = []
    for speaker, train, test in data.leave_one_speaker_out():
        assert train.speakers is not None
        assert test.speakers is not None
        assert set(test.speakers.tolist()) == {speaker}
        assert speaker not in train.speakers
        seen += numbers(test.spikes)
    assert sorted(seen) == list(range(103))


def test_speakers_that_are_unknown_or_all_of_them_are_refused() -> None:
    data = make()
    with pytest.raises(DataError, match="no speaker 9"):
        data.split_speakers([9])
    for count in (0, 5, -1):
        with pytest.raises(DataError, match="cannot be held out"):
            data.split_speakers(count)
    nobody = Dataset(data.spikes, 4)
    with pytest.raises(DataError, match="does not say who"):
        nobody.split_speakers(1)
    with pytest.raises(DataError, match="does not say who"):
        next(nobody.leave_one_speaker_out())


def test_folds_test_every_sample_once_and_are_even_in_every_class() -> None:
    data = make()
    seen: list[int] = []
    for train, fold in data.folds(5, seed=1):
        assert len(train) + len(fold) == 103
        assert len(fold) in (20, 21)
        counts = np.bincount(fold.labels, minlength=4)
        assert counts.max() - counts.min() <= 2
        seen += numbers(fold.spikes)
    assert sorted(seen) == list(range(103))
    for k in (1, 104):
        with pytest.raises(DataError, match="folds"):
            next(data.folds(k))


def test_pooled_channels_have_the_events_of_all() -> None:
    pool = 3
    events = [([1.0, 2.0, 2.0, 7.0], [0, 2, 4, 7]), ([], []), ([5.0, 5.0], [3, 5])]
    spikes = SpikeBatch.from_events(events, channels=8, duration=10, labels=[0, 1, 1])
    found = Dataset(spikes, 2).pooled(pool)
    assert found.channels == 3
    assert found.spikes.channels.tolist() == [0, 0, 1, 2, 1, 1]
    assert found.spikes.times.tolist() == spikes.times.tolist()
    assert found.labels.tolist() == [0, 1, 1]
    assert Dataset(spikes, 2).pooled(1).spikes.channels.tolist() == spikes.channels.tolist()
    with pytest.raises(DataError, match="pool"):
        Dataset(spikes, 2).pooled(0)
    two = SpikeBatch.join({"a": spikes, "b": spikes})
    with pytest.raises(DataError, match="one source"):
        Dataset(two, 2).pooled(2)


def test_select_takes_indices_or_a_mask() -> None:
    data = make()
    assert numbers(data.select([4, 2]).spikes) == [4, 2]
    assert numbers(data.select(data.labels == 1).spikes) == list(range(1, 103, 4))


def test_print_says_samples_classes_channels_events_duration_speakers() -> None:
    text = str(make().with_augment(Shift(40)))
    for part in (
        "numbered: 103 samples of 300 ms",
        "classes   4 (25 to 26 samples each): a, b, c, d",
        "channels  20",
        "per sample (1 to 7), 0 samples without any",
        "speakers  5 (",
        "augment   Shift(max_channels=40)",
    ):
        assert part in text
    silent = SpikeBatch.from_events([([], [])], channels=1, duration=1.0, labels=[0])
    assert "1 samples without any" in str(Dataset(silent, 1))
    assert "0 samples of" in str(Dataset(silent.select([]), 1))


def test_labels_names_and_speakers_that_do_not_fit_are_refused() -> None:
    spikes = make().spikes
    with pytest.raises(DataError, match=r"label 3, but .* has 3 classes(.|\n)*sample 3"):
        Dataset(spikes, 3)
    with pytest.raises(DataError, match="2 label names for 4 classes"):
        Dataset(spikes, 4, label_names=("a", "b"))
    with pytest.raises(DataError, match="one speaker per sample"):
        Dataset(spikes, 4, speakers=np.zeros(3, np.int64))
    unlabelled = SpikeBatch.from_events([([], [])], channels=1, duration=1.0)
    with pytest.raises(DataError, match="has no labels"):
        Dataset(unlabelled, 1)
