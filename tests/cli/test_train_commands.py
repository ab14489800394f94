"""train, eval and sweep from the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from genprop.cli.main import main
from genprop.train.checkpoint import read_snapshot
from tests.experiment.test_config import write
from tests.train.fake import ROOT, equal_states

TEXT = 'network = "network.py"\nname = "toy"\n[fit]\nepochs = 3\n'


@pytest.fixture
def toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A train.toml, with the working directory beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "toy").mkdir()
    return write(tmp_path / "toy", TEXT)


def test_train_then_eval(toml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(toml), "--set", "epochs=2", "--set", "seed=4"]) == 0
    shown = capsys.readouterr().out
    assert "epoch 2/2" in shown
    assert "test.accuracy" in shown
    assert "run folder: runs/toy" in shown
    assert main(["eval", "runs/toy"]) == 0
    shown = capsys.readouterr().out
    assert "30 samples" in shown
    assert "rows are labels" in shown


def test_a_second_training_gets_a_folder_of_its_own(toml: Path) -> None:
    for _ in range(2):
        assert main(["train", str(toml), "--quiet"]) == 0
    first, second = (
        read_snapshot(Path("runs") / name / "checkpoints" / "last.h5") for name in ("toy", "toy-2")
    )
    assert equal_states(first.simulator, second.simulator)


def test_faults_are_told_with_status_2(toml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(toml), "--set", "epoch=2"]) == 2
    assert "did you mean 'epochs'" in capsys.readouterr().err
    assert main(["train", "missing.toml"]) == 2
    assert "no such file" in capsys.readouterr().err
    assert main(["eval", "runs/none"]) == 2
    assert "no run folder" in capsys.readouterr().err


def test_ctrl_c_then_resume_ends_as_if_undisturbed(toml: Path) -> None:
    command = [sys.executable, "-m", "genprop", "train", str(toml), "--set", "epochs=1500"]
    child = subprocess.Popen([*command, "--run", "stopped"], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    first = child.stdout.readline()
    assert "epoch 1/1500" in first
    child.send_signal(signal.SIGINT)
    rest, _ = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "--resume" in rest
    stopped = read_snapshot(Path("stopped/checkpoints/last.h5"))
    epochs = len(stopped.records) + 1
    assert epochs < 1500
    args = ["train", str(toml), "--quiet", "--set", f"epochs={epochs}"]
    assert main([*args, "--run", "stopped", "--resume"]) == 0
    assert main([*args, "--run", "whole"]) == 0
    a, b = (read_snapshot(Path(run) / "checkpoints" / "last.h5") for run in ("stopped", "whole"))
    assert equal_states(a.simulator, b.simulator)
    assert a.records == b.records


def test_sweep_prints_a_table(toml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["sweep", str(toml), "--set", "seed=0..1", "--set", "epochs=1", "--jobs", "2"]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "test.accuracy" in shown
    assert "±" in shown
    assert Path("runs/toy-sweep/seed=1/result.json").exists()


def test_a_sweep_killed_with_its_children_ends_in_the_same_table(
    toml: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["--set", "seed=0..1", "--set", "epochs=2"]
    command = ["sweep", str(toml), *settings, "--jobs", "1"]
    child = subprocess.Popen(
        [sys.executable, "-m", "genprop", *command, "--run", "killed"],
        start_new_session=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert "1/2  seed=0  finished" in child.stdout.readline()
    os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
    assert not Path("killed/sweep.json").exists()
    tables: list[str] = []
    for run in ("killed", "whole"):
        assert main([*command, "--run", run]) == 0
        tables.append(capsys.readouterr().out.split("finished\n")[-1].replace(run, ""))
    assert tables[0] == tables[1]
    assert "test.accuracy" in tables[0]
