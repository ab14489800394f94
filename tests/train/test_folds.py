"""Cross-validation never evaluates on what it learned from."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genprop.errors import DataError
from genprop.train.evaluate import evaluate
from genprop.train.fit import fit
from genprop.train.folds import cross_validate, leave_one_speaker_out
from tests.train.fake import FakeSimulator, counts_task

if TYPE_CHECKING:
    from genprop.data import Dataset


def test_every_fold_is_trained_afresh_on_the_rest() -> None:
    data = counts_task(30)
    found = cross_validate(FakeSimulator, data.folds(3), epochs=3, progress=False)
    for (rest, held), shown in zip(data.folds(3), found.evaluations, strict=True):
        sim = FakeSimulator()
        fit(sim, rest, epochs=3, progress=False)
        assert evaluate(sim, held).summary() == shown.summary()
    assert sum(e.samples for e in found.evaluations) == 30
    values = [e.accuracy or 0.0 for e in found.evaluations]
    assert found.accuracy == statistics.fmean(values)
    assert found.deviation == statistics.stdev(values)
    assert "mean over 3" in str(found)


def test_a_speaker_is_never_learned_from_when_held_out() -> None:
    data = counts_task(30)
    for name, rest, own in leave_one_speaker_out(data):
        assert rest.speakers is not None and own.speakers is not None
        assert not np.intersect1d(rest.speakers, own.speakers).size
        assert name == f"speaker {own.speakers[0]}"
    found = cross_validate(FakeSimulator, leave_one_speaker_out(data), epochs=1, progress=False)
    assert found.names == ("speaker 0", "speaker 1", "speaker 2")


def test_validation_samples_come_from_the_rest_and_choose_the_epoch(tmp_path: Path) -> None:
    seen: list[int] = []

    class Counting(FakeSimulator):
        def gradients(self, batch: object, /) -> tuple[float, dict[str, np.ndarray]]:
            seen.append(len(batch))  # pyright: ignore[reportArgumentType]
            return super().gradients(batch)  # pyright: ignore[reportArgumentType]

    data = counts_task(40)
    folds = list(data.folds(2))
    found = cross_validate(Counting, folds, epochs=2, valid=0.25, run=tmp_path, progress=False)
    rest, _ = folds[0][0].split(0.75, 0)
    assert sum(seen[: len(seen) // 2]) == 2 * len(rest)
    assert (tmp_path / "fold-1" / "history.jsonl").exists()
    again = cross_validate(
        Counting, folds, epochs=2, valid=0.25, run=tmp_path, resume=True, progress=False
    )
    assert [e.summary() for e in again.evaluations] == [e.summary() for e in found.evaluations]


def test_no_folds_are_refused() -> None:
    none: list[tuple[Dataset, Dataset]] = []
    with pytest.raises(DataError):
        cross_validate(FakeSimulator, none, epochs=1, progress=False)
