"""Ranks that hold parts of a data set see the batches of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from genprop.data import Blend, Dataset, Jitter, SpikeBatch
from genprop.data.distributed import DistributedDataset
from genprop.errors import UnsupportedError
from tests.distributed.threads import on_ranks

if TYPE_CHECKING:
    from genprop._ranks import Ranks
    from genprop.data.partial import PartialBatch

SAMPLES, GROUPS = 37, 16


def data(*, joined: bool = False, targets: bool = False) -> Dataset:
    rng = np.random.default_rng(5)
    trains = [
        (np.sort(rng.uniform(0, 50, n)), rng.integers(0, 6, n)) for n in rng.poisson(20, SAMPLES)
    ]
    labels = np.arange(SAMPLES) % 3
    aims = rng.normal(size=(SAMPLES, 2)) if targets else None
    spikes = SpikeBatch.from_events(trains, channels=6, duration=50, labels=labels, targets=aims)
    if joined:
        spikes = SpikeBatch.join({"a": spikes, "b": spikes.select(np.arange(SAMPLES)[::-1])})
    return Dataset(spikes, 3)


def parts(whole: Dataset, ranks: int, **options: object) -> list[list[PartialBatch]]:
    def run(own: Ranks) -> list[PartialBatch]:
        held = DistributedDataset(whole, own.rank, own.size).connect(own, GROUPS)
        return list(held.batches(10, **options))  # type: ignore[arg-type]

    return on_ranks(ranks, run)


def same(one: SpikeBatch, other: SpikeBatch) -> None:
    for name in ("start", "times", "channels", "labels", "targets"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert (mine is None) == (theirs is None)
        assert mine is None or np.array_equal(mine, theirs), name
    assert one.inputs.keys() == other.inputs.keys()
    for name in one.inputs:
        same(one.inputs[name], other.inputs[name])


@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "options",
    [{}, {"seed": 3}, {"seed": (3, 2), "first": 2}, {"seed": 3, "augment": [Jitter(2.0), Blend()]}],
    ids=["in order", "shuffled", "from the third on", "augmented"],
)
def test_the_parts_are_those_of_the_batches_of_the_whole(
    ranks: int, options: dict[str, object]
) -> None:
    refuse_other_batches(data(targets=True), ranks, options)


def test_samples_of_several_sources_are_exchanged_too() -> None:
    refuse_other_batches(data(joined=True), 3, {"seed": 3})


def refuse_other_batches(whole: Dataset, ranks: int, options: dict[str, object]) -> None:
    batches = list(whole.batches(10, **options))  # type: ignore[arg-type]
    for found in zip(*parts(whole, ranks, **options), strict=True):
        batch = batches.pop(0)
        low = 0
        for part in found:
            assert (part.first, part.whole_size) == (low, len(batch))
            assert np.array_equal(part.whole_labels, batch.labels)  # type: ignore[arg-type]
            same(part, batch.select(np.arange(low, low + len(part))))
            low += len(part)
        assert low == len(batch)
    assert not batches


def test_a_rank_keeps_the_events_of_its_samples_alone() -> None:
    whole = data()
    held = [DistributedDataset(whole, rank, 3)._own for rank in range(3)]
    assert sum(len(own) for own in held) == SAMPLES
    assert sum(own.times.size for own in held) == whole.spikes.times.size
    assert all(not np.shares_memory(own.times, whole.spikes.times) for own in held)


class Greedy:
    """Takes all events of the data set."""

    def apply(self, batch: SpikeBatch, rng: object, dataset: Dataset) -> SpikeBatch:
        return batch.select(np.arange(len(dataset.speakers or ())))


def test_an_augmentation_that_takes_more_than_ranks_can_lend_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="'speakers' of a data set that is divided"):
        parts(data(), 2, seed=1, augment=[Greedy()])
