"""Finished runs as a table: each once, in one order, with what a caller measures of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import genprop as gp
from genprop.errors import ConfigurationError, DataError


def seeded(run: Path, folder: Path, seed: int) -> Path:
    """A copy of a run folder that says another seed."""
    made = shutil.copytree(run, folder / f"seed={seed}")
    config = made / "config.toml"
    lines = [
        f"seed = {seed}" if x.startswith("seed") else x for x in config.read_text().splitlines()
    ]
    config.write_text("\n".join(lines) + "\n")
    return made


def test_each_run_is_a_row_and_is_measured_once(run: Path, tmp_path: Path) -> None:
    for seed in (9, 3):
        seeded(run, tmp_path / "runs", seed)
    table, measured = tmp_path / "table.json", list[Path]()

    def measure(folder: Path) -> dict[str, object]:
        measured.append(folder)
        return {"neurons": 5}

    told: list[dict[str, object]] = []
    rows = gp.experiment.gather([tmp_path / "runs"], table, {"width": 7}, measure, tell=told.append)
    assert [row["seed"] for row in rows] == [3, 9] and len(measured) == len(told) == 2
    result = json.loads((run / "result.json").read_text())
    for row in rows:
        assert row["width"] == 7 and row["neurons"] == 5
        assert row["best epoch"] == result["best_epoch"]
        assert row["test accuracy"] == round(result["test"]["accuracy"], 4)
    assert json.loads(table.read_text()) == rows
    seeded(run, tmp_path / "runs", 5)
    again = gp.experiment.gather([tmp_path / "runs"], table, {"width": 7}, measure)
    assert [row["seed"] for row in again] == [3, 5, 9] and len(measured) == 3


def test_what_cannot_be_read_is_named(run: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no folder"):
        gp.experiment.gather([tmp_path / "none"], tmp_path / "table.json", {})
    made = seeded(run, tmp_path / "runs", 1)
    (made / "result.json").write_text("{")
    with pytest.raises(ConfigurationError, match=r"result\.json"):
        gp.experiment.gather([tmp_path / "runs"], tmp_path / "table.json", {})
    assert not (tmp_path / "table.json").exists()


def test_a_table_in_markdown() -> None:
    assert gp.experiment.markdown(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
