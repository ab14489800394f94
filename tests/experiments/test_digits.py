"""What experiments/spoken_digits trains, and its networks that were put together, on tiny files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import genprop as gp
from genprop.cli.main import main
from genprop.experiment.config import read_config
from genprop.experiment.training import train_run
from tests.experiments.side_by_side import refuse_another_mean
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
    whole, experiment = gp.experiment.open_ensemble(runs)
    assert min(refuse_another_mean(whole, experiment, runs)) > 20


def test_numbers_are_kept_of_the_part_that_is_asked_for(runs: list[Path], tmp_path: Path) -> None:
    kept = tmp_path / "together.json"
    options = ["--size", "1", "--split", "valid", "--keep", str(kept)]
    assert main(["eval", *map(str, runs), *options]) == 0
    found = json.loads(kept.read_text())
    results = [json.loads((run / "result.json").read_text()) for run in runs]
    assert found["n"] == 3
    assert [c["runs"][0].split("/")[1] for c in found["cases"]] == list(SEVERAL)
    assert [c["accuracy"] for c in found["cases"]] == pytest.approx(
        [result["metrics"]["valid.accuracy"] for result in results]
    )
