"""What experiments/spoken_digits trains, and its networks that were put together, on tiny files."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop.experiment.config import read_config
from genprop.experiment.training import train_run
from tests.experiments.test_published_settings import spoken

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "experiments" / "spoken_digits"
SEVERAL = ("large", "large with lasting", "feed-forward")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("digits")
    for stem in ("fsdd_train", "fsdd_test"):
        spoken(folder / f"{stem}.h5", 40, 10)
    sizes = (
        "options.hidden=6",
        "options.weight=0.3",
        "fit.epochs=1",
        "compile.batch=8",
        f"options.data={folder}",
    )
    more = ((), ("options.lasting=300", "options.evenness=0.7"), ("options.recurrent=false",))
    for name, settings in zip(SEVERAL, more, strict=True):
        config = read_config(FOLDER / "large.toml", [*sizes, *settings])
        train_run(config, folder / name, threads=1, progress=False)
    return [folder / name for name in SEVERAL]


def test_the_network_observes_the_mean_of_its_parts(runs: list[Path]) -> None:
    whole, experiment = runpy.run_path(str(FOLDER / "together.py"))["together"](runs)
    batch = next(iter(experiment.split("test").batches(8)))
    parts = [gp.experiment.open_run(run)[0] for run in runs]
    due = np.mean([scores for part in parts if (scores := part.run(batch).scores) is not None], 0)
    found = whole.run(batch)
    assert np.abs(due).max() > 1e-3
    assert found.scores == pytest.approx(due, rel=1e-4, abs=float(1e-5 * np.abs(due).max()))
    spikes = [int(part.last.spikes["hidden"].sum()) for part in parts]
    assert [int(found.spikes[f"hidden{k}"].sum()) for k in range(3)] == spikes
    assert min(spikes) > 20


def test_numbers_are_kept_of_the_part_that_is_asked_for(
    runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "together.json"
    options = ["--size", "1", "--part", "valid", "--keep", str(kept)]
    monkeypatch.setattr(sys, "argv", ["together.py", *map(str, runs), *options])
    runpy.run_path(str(FOLDER / "together.py"), run_name="__main__")
    found = json.loads(kept.read_text())
    results = [json.loads((run / "result.json").read_text()) for run in runs]
    assert found["n"] == 3
    assert [c["runs"][0].split("/")[1] for c in found["cases"]] == list(SEVERAL)
    assert [c["accuracy"] for c in found["cases"]] == pytest.approx(
        [result["metrics"]["valid.accuracy"] for result in results]
    )
