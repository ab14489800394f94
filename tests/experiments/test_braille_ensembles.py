"""Braille networks that were trained apart, as one network: it observes the mean of theirs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop.cli.main import main
from genprop.experiment.config import read_config
from genprop.experiment.training import train_run
from tests.experiments.letters import write_letters
from tests.experiments.side_by_side import refuse_another_mean

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "experiments" / "braille7"


def run_of(folder: Path, file: Path, *settings: str) -> Path:
    sizes = ("options.hidden=5", "fit.epochs=1", "compile.batch=8", f"options.data={file}")
    config = read_config(FOLDER / "flat.toml", [*sizes, "compile.duration=640", *settings])
    train_run(config, folder, threads=1, progress=False)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder, rng = tmp_path_factory.mktemp("together"), np.random.default_rng(0)
    events = rng.random((30, 128, 12)) < 0.4
    file = write_letters(folder / "letters.npz", events, np.arange(30) % 3, tested=9)
    return [
        run_of(folder / "a" / "seed=0", file),
        run_of(folder / "b" / "seed=1", file, "options.cells=dendritic", "seed=1"),
    ]


def test_the_network_observes_the_mean_of_its_parts(runs: list[Path]) -> None:
    whole, experiment = gp.experiment.open_ensemble(runs)
    assert sum(refuse_another_mean(whole, experiment, runs)) > 20


def test_numbers_are_kept(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "together.json"
    assert main(["eval", *map(str, runs), "--size", "1", "--keep", str(kept)]) == 0
    found = json.loads(kept.read_text())
    assert found["n"] == 2
    assert [case["runs"] for case in found["cases"]] == [["a/seed=0"], ["b/seed=1"]]
    assert found["mean"] == pytest.approx(np.mean([case["accuracy"] for case in found["cases"]]))
    assert f"accuracy {found['mean']:.2%}" in capsys.readouterr().out


def test_all_runs_are_one_network_by_default(
    runs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", *map(str, runs)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("a/seed=0 b/seed=1\n")
    assert "hidden_0: " in shown and "hidden_1: " in shown


def test_runs_that_make_no_whole_networks_are_refused(
    runs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", *map(str, runs), "--size", "3"]) == 2
    assert "2 runs do not make ensembles of 3" in capsys.readouterr().err
