"""What experiments/spoken_digits trains, and its networks that were put together, on tiny files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scipy.special import softmax

import genprop as gp
from genprop.cli.main import main
from genprop.experiment.config import read_config
from genprop.experiment.experiment import load_experiment
from genprop.experiment.training import train_run
from tests.experiments.side_by_side import refuse_another_mean
from tests.experiments.test_published_settings import spoken

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "experiments" / "spoken_digits"
SEVERAL = ("large", "large with lasting", "feed-forward")


def small(data: Path) -> list[str]:
    """Settings of a small network, which learns from the files in ``data`` for one epoch."""
    sizes = ("hidden=6", "weight=0.3", f"data={data}")
    return ["fit.epochs=1", "compile.batch=8", *(f"options.{size}" for size in sizes)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("digits")
    for stem in ("fsdd_train", "fsdd_test"):
        spoken(folder / f"{stem}.h5", 40, 10)
    sizes = small(folder)
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


def test_the_runs_of_a_sweep_teach(runs: list[Path], tmp_path: Path) -> None:
    for number, run in enumerate(runs[::2], 1):
        (tmp_path / f"seed={number}").symlink_to(run)
    settings = [*small(runs[0].parent), f"options.teacher={tmp_path}", "options.temperature=3"]
    config = read_config(FOLDER / "large.toml", settings)
    train = load_experiment(config).train
    assert isinstance(train, gp.data.Dataset)
    whole, _ = gp.experiment.open_ensemble(runs[::2])
    scores = gp.evaluate(whole, train).scores
    assert scores is not None and train.spikes.targets is not None
    assert train.spikes.targets == pytest.approx(softmax(scores / 3, axis=1))
    assert train.spikes.targets.std(axis=0).max() > 1e-4
    assert train_run(config, tmp_path / "student", threads=1, progress=False)["epochs"] == 1


def test_strangers_are_heard_with_five_channels_as_one(runs: list[Path]) -> None:
    config = read_config(FOLDER / "strangers.toml", [*small(runs[0].parent), "options.speaker=-1"])
    experiment = load_experiment(config)
    for part in (experiment.train, experiment.valid, experiment.test):
        assert isinstance(part, gp.data.Dataset) and part.channels == 140
    assert experiment.net is not None and experiment.net.freeze().population("input").size == 140
