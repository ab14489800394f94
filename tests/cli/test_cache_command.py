from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from genprop.build import cache
from genprop.cli.cache import readable_size
from genprop.cli.main import main


@pytest.fixture(autouse=True)
def two_blobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path / "cache"))
    then = time.time() - 3 * 86400
    os.utime(cache.write_blob("old", bytes(968)), (then, then))
    cache.write_blob("new", bytes(968))


def test_info_says_where_how_many_and_how_much(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cache"]) == 0
    text = capsys.readouterr().out
    assert str(tmp_path / "cache") in text
    assert "entries  2" in text
    assert "2.0 kB" in text


@pytest.mark.parametrize("bound", [["--older-than", "2d"], ["--max-size", "1.5k"]])
def test_prune_forgets_the_old_one(bound: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "prune", *bound]) == 0
    assert "freed 1.0 kB" in capsys.readouterr().out
    assert cache.read_blob("old") is None
    assert cache.read_blob("new") is not None


def test_clear_forgets_all() -> None:
    assert main(["cache", "clear"]) == 0
    assert cache.info().entries == 0


def test_prune_without_a_bound_asks_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "prune"]) == 2
    assert "--older-than" in capsys.readouterr().err
    assert cache.info().entries == 2


def test_a_size_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "prune", "--max-size", "10d"]) == 2
    assert "'10d' is not understood" in capsys.readouterr().err


def test_sizes_are_read_at_a_glance() -> None:
    sizes = {0: "0 B", 999: "999 B", 1234: "1.2 kB", 5e6: "5.0 MB", 2.5e12: "2500.0 GB"}
    assert {n: readable_size(n) for n in sizes} == sizes


def test_data_is_counted_and_cleared_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "cache" / "data" / "shd_train-0-0.h5"
    store.parent.mkdir(parents=True)
    store.write_bytes(bytes(3000))
    assert main(["cache"]) == 0
    text = capsys.readouterr().out
    assert "entries  3" in text
    assert "compiled 2 entries, 2.0 kB" in text
    assert "data     1 entries, 3.0 kB" in text
    assert main(["cache", "clear", "--only", "data"]) == 0
    assert "freed 3.0 kB" in capsys.readouterr().out
    assert not store.exists()
    assert cache.info().entries == 2
