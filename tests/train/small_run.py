"""A real run for tests: a small Yin-Yang with learned delays and a learned time constant."""

from __future__ import annotations

from pathlib import Path

from genprop.experiment.config import read_config
from genprop.experiment.training import train_run

NETWORK = """
import genprop as gp
from genprop import ms


def build(seed, rate=0.01):
    train, valid, test = (gp.data.yin_yang(n, 10 * seed + k) for k, n in enumerate((40, 20, 30)))
    net = gp.Network("small")
    source = net.population("input", train.channels, gp.spikes())
    cells = net.population("hidden", 6, gp.neuron("LIF", tau_mem=gp.learn(10 * ms, min=1 * ms)))
    out = net.population("out", train.classes, gp.neuron("LI", tau_mem=10 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    delay = gp.learn(gp.uniform(0 * ms, 10 * ms), max=30 * ms)
    net.connect(source, cells, exp, weight=gp.learn(gp.normal(2.0, 1.5)), delay=delay)
    net.connect(cells, out, exp, weight=gp.learn(gp.normal(0.0, 3.0)))
    return gp.Experiment(
        net=net,
        loss=gp.CrossEntropy(gp.maximum(out, "v")),
        optimiser=gp.Adam(rate),
        train=train,
        valid=valid,
        test=test,
    )
"""
SETTINGS = """
network = "network.py"
name = "small"
seed = 3

[compile]
dt = 1.0
duration = 60.0
batch = 20
backend = "reference"

[fit]
epochs = 3
"""


def small_run(folder: Path, *overrides: str) -> Path:
    """Train it below ``folder``; gives the run folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "network.py").write_text(NETWORK)
    (folder / "train.toml").write_text(SETTINGS)
    train_run(read_config(folder / "train.toml", overrides), folder / "run", progress=False)
    return folder / "run"
