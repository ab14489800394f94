"""Both clocks side by side: what experiments/clocks measures, on networks of a few neurons."""

from __future__ import annotations

import importlib
import json
import re
import runpy
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parents[2] / "experiments" / "clocks"
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Runs a script of the folder with a command line, or loads it without one."""
    monkeypatch.syspath_prepend(str(FOLDER))
    tasks = importlib.import_module("tasks")
    tiny = replace(
        tasks.TASKS["yin_yang"],
        settings=("options.samples=60", "options.hidden=4", "fit.epochs=2"),
        clocks=(tasks.Clock("grid", 1), tasks.Clock("exact", 5)),
        repeat=("seed", (3,)),
    )
    monkeypatch.setattr(tasks, "TASKS", {"yin_yang": tiny})

    def run(name: str, *line: str) -> dict[str, Any]:
        monkeypatch.setattr(sys, "argv", [name, *line])
        return runpy.run_path(str(FOLDER / name), run_name="__main__" if line else name)

    return run


def test_a_run_is_measured_once_on_its_own_clock_and_on_the_exact_one(
    script: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script("train.py", "yin_yang", "--output", str(tmp_path))
    file = tmp_path / "yin_yang.json"
    found = json.loads(file.read_text())
    assert [run["clock"] for run in found["runs"]] == ["grid 1", "exact 5"]
    grid, exact = found["runs"]
    assert len(grid["valid accuracy"]) == len(exact["valid accuracy"]) == 2
    assert grid["tested on"] == "test"
    assert grid["train loss"] != exact["train loss"]
    assert exact["accuracy"] == exact["accuracy on the exact clock"], "5 ms and 1 ms are the same"
    assert exact["hidden spikes"] == exact["hidden spikes on the exact clock"]
    assert grid["hidden spikes"] != grid["hidden spikes on the exact clock"]
    with monkeypatch.context() as patch:
        patch.setattr(gp.experiment, "train_run", None)
        script("train.py", "yin_yang", "--output", str(tmp_path))
        with pytest.raises(TypeError):
            script("train.py", "yin_yang", "--set", "fit.epochs=1", "--output", str(tmp_path))


def test_times_are_of_each_clock_beside_the_first(
    script: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    file = tmp_path / "times.json"
    script("times.py", "yin_yang", "--rounds", "2", "--output", str(file))
    clocks = json.loads(file.read_text())["yin_yang"]["clocks"]
    assert list(clocks) == ["grid 1", "exact 5"]
    assert clocks["grid 1"]["of grid 1"] == {"min": 1.0, "median": 1.0, "max": 1.0}
    each = clocks["exact 5"]["ms per sample"]["median"]
    assert clocks["exact 5"]["seconds per epoch"] == pytest.approx(60 * each / 1000, abs=1e-4)


def test_the_exact_clock_has_no_error_and_the_grid_has(
    script: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = script("truth.py")
    tasks = importlib.import_module("tasks")
    steps = (tasks.Clock("grid", 1), tasks.Clock("exact", 1))
    monkeypatch.setitem(truth["measured"].__globals__, "CLOCKS", steps)
    monkeypatch.setitem(truth["measured"].__globals__, "CLAIM", ("grid 1", "exact 1"))
    found = truth["measured"](few(truth["Network"]), range(2), 1)
    errors = {name: found["clocks"][name]["error of weights"]["max"] for name in found["clocks"]}
    assert found["measured against"] == "the event-driven solver"
    assert found["clocks"]["exact 1"]["draws with the exact spike counts"] == 2
    assert errors["exact 1"] < 0.02 < errors["grid 1"]
    assert found["hidden spikes"] > 1


def few(network: Callable[..., Any]) -> Any:
    """Six inputs → five recurrent LIF → two LI, 40 ms."""
    net, exp = gp.Network("few"), gp.synapse("exp", tau=5.0)
    net.population("input", 6, gp.spikes())
    net.population("hidden", 5, gp.neuron("LIF", tau_mem=20.0))
    net.population("out", 2, gp.neuron("LI", tau_mem=20.0))
    delay = gp.learn(gp.uniform(0.0, 5.0), max=10.0)
    net.connect("input", "hidden", exp, weight=gp.learn(gp.normal(1.0, 0.3)), delay=delay)
    net.connect("hidden", "hidden", exp, weight=gp.learn(gp.normal(0.0, 0.3)), delay=delay)
    net.connect("hidden", "out", exp, weight=gp.learn(gp.normal(0.0, 1.0)))

    def batch(seed: int) -> gp.data.SpikeBatch:
        rng = np.random.default_rng(seed)
        sample = np.sort(rng.uniform(0, 30, 40)), rng.integers(0, 6, 40)
        return gp.data.SpikeBatch.from_events([sample], channels=6, duration=40.0, labels=[1])

    return network(net, gp.CrossEntropy(gp.integral("out", "v")), 40.0, 1, "reference", batch)


def test_ratios_are_of_the_same_round(script: Callable[..., dict[str, Any]]) -> None:
    paired = importlib.import_module("paired")
    drifting = [1.0, 10.0, 4.0]
    twice = [2 * t for t in drifting]
    assert paired.ratios(twice, drifting) == {"min": 2.0, "median": 2.0, "max": 2.0}
    calls: list[str] = []
    paired.paired({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 2)
    assert calls == ["a", "b"] * 3


def test_the_tables_of_the_readme_are_those_of_the_results(
    script: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.undo()
    monkeypatch.syspath_prepend(str(FOLDER))
    runpy.run_path(str(FOLDER / "tables.py"), run_name="__main__")
    rows = [
        row for row in capsys.readouterr().out.splitlines() if re.match(r"\| (grid|exact)", row)
    ]
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert len(rows) > 10
    assert [row for row in rows if row not in text] == []


def test_figures_are_drawn_from_the_results(
    script: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.undo()
    monkeypatch.syspath_prepend(str(FOLDER))
    made = runpy.run_path(str(FOLDER / "figures.py"))
    runs = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((FOLDER / "accuracy").glob("*.json"))
    }
    times = json.loads((FOLDER / "times.json").read_text(encoding="utf-8"))
    shown = {name: found for name, found in runs.items() if name in times}
    (path,) = made["draw_figures"]([made["accuracy"](shown, times)], tmp_path, ("svg",))
    text = path.read_text(encoding="utf-8")
    assert {"yin_yang", "delay_line", "exact 1 ms"} <= set(re.findall(r">([^<>]+)</text>", text))
    assert (FOLDER / path.name).exists()


def test_errors_are_drawn_over_the_time_they_cost(
    script: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    spread = {"median": 0.5}
    one = {name: spread for name in ("ms per sample", "error of weights", "error of delays")}
    made = script("figures.py")
    figure = made["errors"]({"small": {"clocks": {"grid 0.1": one, "exact 1": one}}})
    (path,) = made["draw_figures"]([figure], tmp_path, ("svg",))
    found = re.findall(r">([^<>]+)</text>", path.read_text(encoding="utf-8"))
    assert [found.count(name) for name in ("0.1", "1", "small network")] == [2, 2, 1]
