"""Delays that are distances: what experiments/positions trains and measures, on tiny files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp
from tests.experiments.test_published_settings import spoken

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parents[2] / "experiments" / "positions"
TINY = ("options.hidden=6", "options.input_sd=1.0", "options.cache=false", "fit.epochs=1")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for stem in ("fsdd_train", "fsdd_test", "shd_train", "shd_test"):
        spoken(folder / f"{stem}.h5", 40, 10 if stem.startswith("fsdd") else 20)
    return folder


@pytest.fixture
def script(script_of: Callable[[Path], Callable[..., dict[str, Any]]]) -> Callable[..., Any]:
    return script_of(FOLDER)


def config(toml: str, data: Path, *more: str) -> gp.experiment.Config:
    return gp.experiment.read_config(FOLDER / toml, [*TINY, f"options.data={data}", *more])


@pytest.mark.parametrize(
    ("delays", "learned"),
    [("none", None), ("free", "delay"), ("axonal", "axonal_delay"), ("fixed_2d", None)]
    + [(f"{n}d", "position") for n in (2, 3, 4)],
)
def test_every_variant_learns_what_it_is_named_after(
    delays: str, learned: str | None, data: Path
) -> None:
    experiment = gp.experiment.load_experiment(
        config("fsdd.toml", data, f"options.delays={delays}")
    )
    assert experiment.net is not None and isinstance(experiment.optimiser, dict)
    spec = experiment.net.freeze(experiment.loss, experiment.optimiser)
    rates = set(experiment.optimiser) - {"weight", "hidden->out.weight"}
    assert rates == ({learned} if learned else set())
    shapes = {leaf.name: leaf.shape for leaf in spec.leaves}
    if delays[-1] == "d":
        assert shapes == {"hidden.position": (6, int(delays[-2]))}


def test_the_published_protocol_learns_from_a_file_of_its_layout(data: Path) -> None:
    from genprop.experiment.experiment import compile_experiment

    chosen = config("shd.toml", data, "compile.batch=8")
    experiment = gp.experiment.load_experiment(chosen)
    assert isinstance(experiment.train, gp.data.Dataset)
    assert experiment.train.classes == 20
    sim, _ = compile_experiment(experiment, chosen)
    before = {name: np.array(sim.parameters[name]) for name in sim.settings}
    value, gradients = sim.gradients(next(experiment.train.batches(8, seed=(0, 1))))
    sim.step()
    assert np.isfinite(value)
    assert np.any(gradients["hidden.position"])
    assert all(np.any(sim.parameters[name] != first) for name, first in before.items())


@pytest.fixture(scope="module")
def runs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for delays in ("none", "2d"):
        chosen = config("fsdd.toml", data, f"options.delays={delays}")
        gp.experiment.train_run(chosen, folder / delays, threads=1, progress=False)
    return folder


def test_runs_are_gathered_once_with_their_structure(
    runs: Path, script: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("networkx", reason="networkx is in the extra 'analysis'")
    output = tmp_path / "results.json"
    line = ("structure.py", str(runs), "--nulls", "3", "--output", str(output))
    script(*line, "--prune")
    space, none = json.loads(output.read_text())
    assert (space["delays"], none["delays"]) == ("2d", "none")
    assert (space["learned delay numbers"], none["learned delay numbers"]) == (12, 0)
    assert 0 <= space["wiring efficiency"]["value"] <= 1
    assert "wiring efficiency" not in none
    for case in (space, none):
        assert case["removed"][0] == 0
        assert case["removed by magnitude"][0] == case["removed by chance"][0]
        assert case["removed by chance"][0] == case["test accuracy"]
    assert "removed by length" in space and "removed by length" not in none
    with monkeypatch.context() as patch:
        patch.setattr(gp.experiment, "open_run", None)
        script(*line)
    assert json.loads(output.read_text()) == [space, none]


def test_shuffled_delays_are_those_of_the_run_elsewhere(
    runs: Path, script: Callable[..., Any]
) -> None:
    made = script("network.py")
    sim, _ = gp.experiment.open_run(runs / "2d")
    assert isinstance(sim, gp.Simulator)
    own = np.asarray(sim.arrays()["hidden->hidden.delay"], float)
    found = made["shuffled"](runs / "2d", 3)
    assert sorted(found.ravel()) == sorted(own.ravel())
    assert not np.array_equal(found, own)


def test_times_are_of_each_variant_beside_free_delays(
    data: Path, script: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = script("times.py")
    variants = {name: made["VARIANTS"][name] for name in ("free", "2d")}
    monkeypatch.setitem(made["measured"].__globals__, "VARIANTS", variants)
    settings = [*TINY, f"options.data={data}"]
    found = made["measured"](settings, 2, 1)
    assert found["free"]["of free"] == {"min": 1.0, "median": 1.0, "max": 1.0}
    assert found["2d"]["seconds per epoch"] > 0


def test_the_tables_of_the_readme_are_those_of_the_results(
    script: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    script("tables.py")["main"]()
    rows = [row for row in capsys.readouterr().out.splitlines() if re.match(r"\| \d", row)]
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert len(rows) > 5
    assert [row for row in rows if row not in text] == []


def test_figures_are_drawn_from_the_results(script: Callable[..., Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    made = script("figures.py")
    cases = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    paths = made["draw_figures"](made["figures"](cases), tmp_path, ("svg",))
    assert paths
    assert all((FOLDER / path.name).exists() for path in paths)
