"""A checkpoint of mlGeNN becomes a run that can be evaluated, shown and retargeted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genprop.cli.main import main
from genprop.experiment.config import read_config
from genprop.experiment.experiment import compile_experiment, load_experiment
from genprop.experiment.trained import open_run
from tests.train.small_run import NETWORK, SETTINGS


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "network.py").write_text(NETWORK)
    (tmp_path / "train.toml").write_text(SETTINGS)
    config = read_config(tmp_path / "train.toml")
    sim, _ = compile_experiment(load_experiment(config), config)
    source = tmp_path / "checkpoints"
    source.mkdir()
    for pre, post in (("input", "hidden"), ("hidden", "out")):
        weight = np.asarray(sim.parameters[f"{pre}->{post}.weight"], np.float32) + 0.25
        np.save(source / f"12-Conn_{pre}_{post}-g.npy", weight.ravel())
    late = np.asarray(sim.parameters["input->hidden.delay"], np.float32) + 1
    np.save(source / "12-Conn_input_hidden-d.npy", late.ravel())
    return tmp_path


def test_the_run_has_the_weights_of_the_files(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toml, source, run = files / "train.toml", files / "checkpoints", files / "run"
    assert main(["import", str(toml), str(source), "--run", str(run)]) == 0
    shown = capsys.readouterr().out
    assert "3 parameters of epoch 12" in shown
    assert shown.splitlines()[-1] == f"run folder: {run}"
    sim, _ = open_run(run)
    weight = np.load(source / "12-Conn_hidden_out-g.npy").reshape(6, 3)
    np.testing.assert_allclose(sim.parameters["hidden->out.weight"], weight, rtol=1e-7)
    assert main(["eval", str(run)]) == 0
    assert "30 samples" in capsys.readouterr().out
    assert main(["retarget", str(run)]) == 0
    assert "same predictions" in capsys.readouterr().out
    assert main(["report", str(run)]) == 0
    assert main(["import", str(toml), str(source), "--run", str(run)]) == 2
    assert "already holds a training" in capsys.readouterr().err


def test_connections_of_another_name_are_given_on_the_line(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toml, source = files / "train.toml", files / "checkpoints"
    (source / "12-Conn_hidden_out-g.npy").rename(source / "12-Conn_Pop1_Pop2-g.npy")
    line = ["import", str(toml), str(source), "--run", str(files / "run")]
    assert main(line) == 2
    assert "no projection for Conn_Pop1_Pop2" in capsys.readouterr().err
    assert not (files / "run").exists()
    assert main([*line, "--connection", "Conn_Pop1_Pop2=hidden->out"]) == 0


def test_the_name_of_before_runs_the_same_command_and_warns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as done:
        main(["adopt", "--help"])
    assert done.value.code == 0
    shown = capsys.readouterr()
    assert shown.err == "warning: genprop adopt is now called genprop import\n"
    assert "usage: genprop import" in shown.out
