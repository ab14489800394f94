"""A run whose neurons have positions and whose synapses rewire: its page, figures and leaves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genprop.analysis.connections import all_connections
from genprop.cli.main import main
from genprop.experiment import open_run
from genprop.experiment.config import read_config
from genprop.experiment.training import train_run
from genprop.plot.curves import turnover_by_epoch
from genprop.report.figures import RunData, collect_run, figures
from genprop.report.run_report import write_report
from tests.report.test_run_report import read
from tests.train.small_run import SETTINGS

pytest.importorskip("matplotlib", reason="matplotlib is in the extra 'plot'")

FEED, LOOP = "input->hidden", "hidden->hidden"
WIRING = ("positions", "turnover", "delays", "signs", "receptive-fields")
LEAVES = {"input.position", "hidden.position", f"{FEED}.magnitude", f"{LOOP}.weight"}
NETWORK = """
import genprop as gp


def build(seed):
    train, valid, test = (gp.data.yin_yang(n, 10 * seed + k) for k, n in enumerate((80, 20, 30)))
    net, exp = gp.Network("wired"), gp.synapse("exp")
    place = gp.learn(gp.uniform(-3, 3), dims=2)
    inp = net.population("input", train.channels, gp.spikes(), position=place)
    mid = net.population("hidden", 12, gp.neuron("LIF"), position=place)
    out = net.population("out", train.classes, gp.neuron("LI"))
    magnitude = gp.learn(gp.uniform(0.0, 4.0))
    net.connect(inp, mid, exp, weight=gp.dale(magnitude, excitatory=0.8), pattern=gp.sparse(0.5),
                delay=gp.distance(max=20), rewire=gp.SET(every=1, fraction=0.2))
    net.connect(mid, mid, exp, weight=gp.learn(gp.normal(0.0, 0.3)), delay=gp.distance(max=20))
    net.connect(mid, out, exp, weight=gp.learn(gp.normal(0.2, 0.4)))
    return gp.Experiment(net=net, loss=gp.CrossEntropy(gp.maximum(out, "v")),
                         optimiser=gp.Adam(0.05), train=train, valid=valid, test=test)
"""


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wired")
    (folder / "network.py").write_text(NETWORK)
    (folder / "train.toml").write_text(SETTINGS)
    train_run(read_config(folder / "train.toml", []), folder / "run", progress=False)
    return folder / "run"


@pytest.fixture(scope="module")
def data(wired: Path) -> RunData:
    return collect_run(wired)


def test_the_page_has_a_figure_of_everything_that_is_wired(wired: Path, data: RunData) -> None:
    shown = [found.get("id") for tag, found in read(write_report(wired)).tags if tag == "section"]
    assert [key for key in WIRING if key not in shown] == []
    found = {figure.key: figure for figure in figures(data)}
    assert [panel.title for panel in found["positions"].panels] == [FEED, LOOP]
    assert [panel.title for panel in found["turnover"].panels] == [FEED]


def test_plot_writes_the_same_figures(wired: Path, tmp_path: Path) -> None:
    assert main(["plot", str(wired), "-o", str(tmp_path), "--format", "svg"]) == 0
    assert {f"{key}.svg" for key in WIRING} <= {path.name for path in tmp_path.iterdir()}


def test_turnover_is_what_was_regrown_in_each_epoch(data: RunData) -> None:
    """A fifth of the synapses after each of four batches an epoch."""
    size = next(c.weight.size for c in data.connections if c.name == FEED)
    epochs, parts = turnover_by_epoch(data.history, FEED, size)
    assert list(epochs) == [1, 2, 3]
    assert np.allclose(parts, 4 * round(0.2 * size) / size)
    (panel,) = next(f for f in figures(data) if f.key == "turnover").panels
    assert panel.note.startswith(f"{12 * round(0.2 * size)} regrown in all, of {size} synapses")


def test_leaves_stand_in_the_report_and_what_they_derive_does_not(
    wired: Path, data: RunData
) -> None:
    changes = {change.name: change for change in data.changes}
    assert changes.keys() - {"hidden->out.weight"} == LEAVES
    sim, _ = open_run(wired)
    for name in LEAVES:
        assert np.array_equal(changes[name].after, np.ravel(sim.parameters[name])), name
        assert not np.array_equal(changes[name].before, changes[name].after), name
    shown = {c.name: c for c in data.connections}
    for own in all_connections(sim):
        assert np.array_equal(shown[own.name].weight, own.weight)
        assert np.array_equal(shown[own.name].delay, own.delay)
