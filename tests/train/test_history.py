"""The history keeps every bit, and survives a torn line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genprop.errors import ConfigurationError, DataError
from genprop.train.history import History, Record, read_history


def some(epochs: int = 3) -> list[Record]:
    return [
        Record(k, {"train.loss": 1 / (k + 2), "valid.accuracy": k / 7}, 0.5)
        for k in range(1, epochs + 1)
    ]


def test_what_is_written_is_read_bit_by_bit(tmp_path: Path) -> None:
    history = History(path=tmp_path / "h.jsonl")
    for record in some():
        history.append(record)
    assert read_history(tmp_path / "h.jsonl") == some()


def test_a_torn_last_line_is_dropped_at_any_byte(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    History(path=path).replace(some())
    whole = path.read_bytes()
    ends = [k + 1 for k, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        assert read_history(path) == some()[: sum(end <= cut for end in ends)]


def test_a_damaged_line_before_the_last_is_named(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text('{"epoch": 1}\n{"epo\n{"epoch": 3}\n')
    with pytest.raises(DataError, match="line 2"):
        read_history(path)


def test_time_does_not_count_for_equality() -> None:
    assert Record(1, {"a": 1.0}, 3.0) == Record(1, {"a": 1.0}, 4.0)
    assert Record(1, {"a": 1.0}, 3.0) != Record(1, {"a": 1.1}, 3.0)


def test_best_is_the_least_loss_and_the_most_accuracy() -> None:
    history = History(some())
    assert history.best("train.loss").epoch == 3
    assert history.best("valid.accuracy").epoch == 3
    history.append(Record(4, {"train.loss": 9.0, "valid.accuracy": 3 / 7}))
    assert history.best("train.loss").epoch == 3
    assert history.best("valid.accuracy").epoch == 3, "a tie keeps the first"


def test_a_missing_metric_is_nan_and_an_unknown_one_is_named() -> None:
    history = History([*some(1), Record(2, {"train.loss": 0.1})])
    assert np.isnan(history["valid.accuracy"][1])
    with pytest.raises(ConfigurationError, match=r"did you mean .valid\.accuracy."):
        _ = history["valid.accurracy"]


def test_printing_shows_a_row_per_epoch() -> None:
    lines = str(History(some())).splitlines()
    assert len(lines) == 4
    assert "valid.accuracy" in lines[0]
