"""A sweep ends in the same table, however often it was killed."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import pytest

from genprop.errors import ConfigurationError, TrainingError
from genprop.experiment.sweep import cases_of, run_sweep, sweep_table
from genprop.train.folder import RunFolder
from tests.experiment.test_config import write
from tests.train.fake import ROOT

SHORT = 'network = "network.py"\n[fit]\nepochs = 2\n'


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep's processes import genprop and the fake from this checkout."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def silent(_: str) -> None: ...


def test_ranges_and_lists_are_multiplied_and_single_values_fixed(tmp_path: Path) -> None:
    cases, fixed = cases_of(["seed=0..2", "options.rate=0.1,0.2", "epochs=3"], tmp_path)
    assert [c.name for c in cases][:3] == [
        "seed=0,options.rate=0.1",
        "seed=0,options.rate=0.2",
        "seed=1,options.rate=0.1",
    ]
    assert len({c.folder.path for c in cases}) == 6
    assert {c.group for c in cases} == {"options.rate=0.1", "options.rate=0.2"}
    assert fixed == ["epochs=3"]
    for wrong in (["epochs=3"], ["seed=3..1"]):
        with pytest.raises(ConfigurationError):
            cases_of(wrong, tmp_path)


def test_a_killed_sweep_ends_in_the_same_table(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    (tmp_path / "kill").mkdir()
    (tmp_path / "plain").mkdir()
    plain = write(tmp_path / "plain", SHORT)
    killing = write(tmp_path / "kill", SHORT + f'[options]\nkill = "{mark}"\n')
    expected = run_sweep(plain, ["seed=0..1"], tmp_path / "whole", jobs=2, on_case=silent)
    with pytest.raises(TrainingError, match="2 of 2 trainings failed"):
        run_sweep(killing, ["seed=0..1"], tmp_path / "sweep", jobs=2, on_case=silent)
    assert (tmp_path / "mark-0").exists() and (tmp_path / "mark-1").exists()
    rows = run_sweep(killing, ["seed=0..1"], tmp_path / "sweep", jobs=2, on_case=silent)
    assert rows == expected
    assert sweep_table(rows) == sweep_table(expected)
    written = json.loads((tmp_path / "sweep" / "sweep.json").read_text())
    assert written["table"][0]["n"] == 2


def test_a_sweep_whose_network_was_changed_says_where_and_what_to_do(tmp_path: Path) -> None:
    path, root = write(tmp_path, SHORT), tmp_path / "sweep"
    run_sweep(path, ["seed=0..1"], root, on_case=silent)
    network = tmp_path / "network.py"
    network.write_text(network.read_text() + "\nOTHER = 1\n")
    with pytest.raises(TrainingError) as caught:
        run_sweep(path, ["seed=0..1"], root, on_case=silent)
    told = str(caught.value)
    assert "2 of 2 trainings failed" in told
    assert "is not that of" in told
    assert "choose another folder with --run" in told


def test_the_table_is_mean_deviation_and_n_of_the_results(tmp_path: Path) -> None:
    root, kept = tmp_path / "sweep", tmp_path / "results.json"
    rows = run_sweep(write(tmp_path, SHORT), ["seed=0..1"], root, jobs=2, on_case=silent, keep=kept)
    assert kept.read_text() == (root / "sweep.json").read_text()
    folders = [RunFolder(root / f"seed={k}") for k in range(2)]
    values = [json.loads(f.result.read_text())["test"]["accuracy"] for f in folders]
    row = next(r for r in rows if r.metric == "test.accuracy")
    assert (row.mean, row.deviation, row.n) == (
        statistics.fmean(values),
        statistics.stdev(values),
        2,
    )
    cases = json.loads(kept.read_text())["cases"]
    assert [case["test.accuracy"] for case in cases] == values
    before = [f.result.stat().st_mtime_ns for f in folders]
    assert run_sweep(write(tmp_path, SHORT), ["seed=0..1"], root, jobs=2, on_case=silent) == rows
    assert [f.result.stat().st_mtime_ns for f in folders] == before, "finished cases are kept"
    assert "±" in sweep_table(rows)


def test_a_setting_that_does_not_fit_is_told_before_anything_is_trained(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="did you mean"):
        run_sweep(write(tmp_path, SHORT), ["seeds=0..1"], tmp_path / "sweep", on_case=silent)
    assert not (tmp_path / "sweep").exists()


@pytest.mark.parametrize("text", ["0..x", "a..b", "0.1..0.5", "..5", "5..", "0..2..4", "-1..x"])
def test_what_looks_like_a_range_and_is_none_is_told(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is no range of integers") as told:
        cases_of([f"seed={text}", "options.rate=1,2"], tmp_path)
    assert f"--set seed={text}" in str(told.value)


def test_a_range_of_more_values_than_anybody_waits_for_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="1000000000001 values"):
        cases_of(["seed=0..1000000000000"], tmp_path)


@pytest.mark.parametrize("text", ["..", "../data", "a/../b", "data/x..y.h5", '"0..x"', "-1..1"])
def test_paths_texts_and_ranges_are_taken(text: str, tmp_path: Path) -> None:
    cases, fixed = cases_of([f"options.data={text}", "seed=0..1"], tmp_path)
    assert len(cases) in (2, 6) and len(fixed) == (len(cases) == 2)
