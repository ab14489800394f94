"""The same laws with compiled spiking networks, on every backend that trains here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from genprop.build import find_toolchain
from genprop.errors import CheckpointError, ConfigurationError, ToolchainError, TrainingError
from genprop.experiment.config import read_config
from genprop.experiment.experiment import compile_experiment, load_experiment
from genprop.experiment.trained import evaluate_run
from genprop.experiment.training import train_run
from genprop.train.callbacks import Callback, Training
from genprop.train.checkpoint import load_checkpoint, read_snapshot
from genprop.train.fit import fit
from genprop.train.saving import Checkpoint
from tests.train.fake import ROOT, equal_states

NETWORK = '''
import os, signal
import genprop as gp
from genprop import ms


class KillAt(gp.train.Callback):
    """Ends the process at a batch."""

    def __init__(self, step):
        self.step = step

    def on_gradients(self, training):
        if training.step == self.step and os.environ.get("KILL_TRAINING"):
            os.kill(os.getpid(), signal.SIGKILL)


def build(hidden=8, samples=72):
    train, valid, test = (gp.data.yin_yang(n, seed) for n, seed in ((samples, 0), (40, 1), (40, 2)))
    net = gp.Network("small")
    inp = net.population("input", train.channels, gp.spikes())
    mid = net.population("hidden", hidden, gp.neuron("LIF", tau_mem=gp.learn(20 * ms, min=1 * ms)))
    out = net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    weight = gp.learn(gp.normal(1.5, 0.8))
    net.connect(inp, mid, exp, weight=weight, delay=gp.learn(gp.uniform(0, 10), max=30 * ms))
    net.connect(mid, out, exp, weight=gp.learn(gp.normal(0.2, 0.4)))
    return gp.Experiment(
        net=net,
        loss=gp.CrossEntropy(gp.maximum(out, "v")),
        train=train,
        valid=valid,
        test=test,
        callbacks=[KillAt(7)],
    )
'''
SETTINGS = """
network = "network.py"
seed = 5

[compile]
dt = 1.0
duration = 60.0
batch = 16
backend = "native"

[optimiser]
kind = "adam"
rate = 5e-3
[optimiser.delay]
kind = "adam"
rate = 0.1

[fit]
epochs = 3

[callbacks.clip]
norm = 1.0
parameters = "weight"
[callbacks.revive_silent]
[callbacks.exponential_warmup]
batches = 6
"""


def backends() -> list[str]:
    try:
        find_toolchain()
    except ToolchainError:
        return ["reference"]
    return ["reference", "native"]


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    (tmp_path / "network.py").write_text(NETWORK)
    (tmp_path / "train.toml").write_text(SETTINGS)
    return tmp_path / "train.toml"


@pytest.mark.parametrize("backend", backends())
def test_a_killed_run_resumes_bit_by_bit(
    toml: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    overrides = [f"backend={backend}"]
    command = [sys.executable, "-m", "genprop", "train", str(toml), "--set", *overrides]
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("KILL_TRAINING", "1")
    killed = subprocess.run(
        [*command, "--run", "killed"], cwd=toml.parent, capture_output=True, text=True, check=False
    )
    assert killed.returncode == -9, killed.stderr
    monkeypatch.delenv("KILL_TRAINING")
    config = read_config(toml, overrides)
    resumed = train_run(config, toml.parent / "killed", resume=True, progress=False)
    whole = train_run(config, toml.parent / "whole", progress=False)
    for name in ("last.h5", "best.h5"):
        a, b = (
            read_snapshot(toml.parent / run / "checkpoints" / name) for run in ("killed", "whole")
        )
        assert equal_states(a.simulator, b.simulator)
        assert equal_states(a.training, b.training)
        assert a.records == b.records
    assert resumed["test"] == whole["test"]
    assert evaluate_run(toml.parent / "killed").summary() == whole["test"]


class Explode(Callback):
    """Sets a rate beyond float32 in the second epoch."""

    def on_batch_begin(self, training: Training) -> None:
        if (training.epoch, training.batch) == (2, 1):
            training.sim.settings["hidden->out.weight"]["rate"] = 1e39


@pytest.mark.skipif("native" not in backends(), reason="there is no C++ compiler")
def test_exploding_parameters_stop_the_training(toml: Path, tmp_path: Path) -> None:
    config = read_config(toml)
    experiment = load_experiment(config)
    sim, _ = compile_experiment(experiment, config)
    saver = Checkpoint(tmp_path / "c.h5")
    with pytest.raises(TrainingError) as caught:
        fit(sim, experiment.train, epochs=3, callbacks=[Explode(), saver], progress=False)
    for fact in ("epoch 2, batch 2", "'hidden->out.weight'", "last good checkpoint", "c.h5"):
        assert fact in str(caught.value)
    kept = read_snapshot(tmp_path / "c.h5")
    assert len(kept.records) == 1
    assert all(np.isfinite(value).all() for value in kept.parameters().values())


def test_a_wrong_optimiser_is_told_with_its_line(toml: Path) -> None:
    for key, remedy in (("rat", "did you mean 'rate'"), ("kind", "")):
        config = read_config(toml, [f"optimiser.delay.{key}=2"])
        with pytest.raises(ConfigurationError, match=r"line 14(.|\n)*" + remedy):
            compile_experiment(load_experiment(config), config)


def test_a_checkpoint_of_another_size_says_what_differs(toml: Path, tmp_path: Path) -> None:
    def made(*overrides: str) -> tuple[object, ...]:
        config = read_config(toml, ["backend=reference", *overrides])
        experiment = load_experiment(config)
        return *compile_experiment(experiment, config), experiment

    sim, _, experiment = made()
    fit(sim, experiment.train, epochs=1, callbacks=[Checkpoint(tmp_path / "c.h5")], progress=False)  # type: ignore
    other, _, _ = made("options.hidden=9")
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(tmp_path / "c.h5", other)  # type: ignore
    assert "input->hidden.weight is (5, 8) in the checkpoint and (5, 9)" in str(caught.value)
