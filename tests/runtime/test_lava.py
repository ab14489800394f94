"""The rendered Lava program gives the emulator's bits; without Lava there is a clear word."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.loihi.files.lava import run_lava
from genprop.data.spikes import SpikeBatch
from genprop.errors import ToolchainError
from tests.backends.loihi.test_emulator import interpreter

STEPS = 120


@pytest.fixture(scope="module")
def sim() -> gp.Simulator:
    net = gp.Network("in lava")
    source = net.population("in", 10, gp.spikes())
    hidden = net.population("hidden", 12, gp.neuron("LIF", tau_mem=20 * ms))
    out = net.population("out", 3, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    late = gp.learn(gp.uniform(0 * ms, 20 * ms), max=62 * ms)
    net.connect(source, hidden, exp, weight=gp.learn(gp.normal(0.6, 0.6)), delay=late)
    net.connect(hidden, hidden, exp, weight=gp.learn(gp.normal(0.0, 0.1)), delay=late)
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.0, 0.5)))
    return gp.compile(
        net, clock="grid", dt=1 * ms, duration=STEPS, batch=2, backend="reference", seed=2
    )


@pytest.fixture(scope="module")
def batch() -> SpikeBatch:
    rng = np.random.default_rng(6)
    trains = [(np.sort(rng.uniform(0, STEPS, 150)), rng.integers(0, 10, 150)) for _ in range(2)]
    return SpikeBatch.from_events(trains, channels=10, duration=STEPS)


@pytest.mark.lava
@pytest.mark.parametrize("exponents", [False, True])
def test_the_lava_program_equals_the_emulator_bit_for_bit(
    sim: gp.Simulator, batch: SpikeBatch, exponents: bool
) -> None:
    interpreter()
    chip = sim.retarget("loihi", gp.Quantise(exponents=exponents))
    names = ["hidden.u", "hidden.v", "hidden.spikes", "out.u", "out.v"]
    ours = chip.run(batch, record=names).recorded
    theirs = chip.run_lava(batch, sample=1, steps=110)
    for name in ("hidden.u", "hidden.v", "out.u", "out.v"):
        np.testing.assert_array_equal(theirs[name], np.asarray(ours[name])[1, :110])
    spikes = np.asarray(ours["hidden.spikes"][1], np.int32)
    expected = np.zeros((STEPS, 12), bool)
    expected[spikes[:, 0], spikes[:, 1]] = True
    np.testing.assert_array_equal(theirs["hidden.spikes"], expected[:110])
    assert expected.any()


def test_the_program_is_whole_python_and_names_every_population(
    sim: gp.Simulator, tmp_path: Path
) -> None:
    path = sim.retarget().write_lava(tmp_path)
    text = path.read_text()
    compile(text, str(path), "exec")
    assert max(len(line) for line in text.splitlines()) <= 100
    assert '"hidden": LIF(' in text
    assert text.count("= DelayDense(") == 2
    assert text.count("= Dense(") == 1
    assert "never run by its makers" in text
    with np.load(tmp_path / "network.npz") as arrays:
        assert arrays["0:in->hidden.weight"].shape == (12, 10)
        assert arrays["0:in->hidden.delay"].dtype == np.int64


def pretender(folder: Path, script: str) -> str:
    """An interpreter that says it imports lava."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\nif [ "$1" = -c ]; then exit 0; fi\n{script}\n')
    path.chmod(0o755)
    return str(path)


def test_an_interpreter_without_lava_is_told_with_a_remedy(
    sim: gp.Simulator, batch: SpikeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENPROP_LAVA_PYTHON", "/nowhere/python")
    with pytest.raises(ToolchainError, match="no interpreter imports lava") as found:
        sim.retarget().run_lava(batch)
    assert "genprop lava setup" in found.value.remedy


@pytest.mark.skipif(sys.platform == "win32", reason="the pretender is a shell script")
def test_a_program_that_fails_shows_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENPROP_LAVA_PYTHON", pretender(tmp_path, "echo broken here; exit 3"))
    with pytest.raises(ToolchainError, match="broken here") as found:
        run_lava(tmp_path / "program.py", {"in": np.zeros((1, 1))}, timeout=20)
    assert "ended with 3" in found.value.what


@pytest.mark.skipif(shutil.which("ps") is None, reason="there is no ps to look for children")
def test_a_program_that_hangs_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = tmp_path / "children"
    script = f"sleep 600 & echo $! > {children}; wait"
    monkeypatch.setenv("GENPROP_LAVA_PYTHON", pretender(tmp_path, script))
    with pytest.raises(ToolchainError, match="did not end within"):
        run_lava(tmp_path / "program.py", {"in": np.zeros((1, 1))}, timeout=0.5)
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", children.read_text().strip()], capture_output=True, text=True
    ).stdout.strip()
    assert state == "" or state.startswith("Z")
