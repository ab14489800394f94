"""``genprop check-grad NET``: prints the report, and its status is the verdict."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genprop.backends.reference.interpret import Interpreter
from genprop.backends.reference.target import Reference
from genprop.cli.main import main
from genprop.runtime import gradcheck

NETWORK = """
import genprop as gp

def build(seed, learned=True):
    net = gp.Network("tiny")
    net.population("inp", 5, gp.spikes())
    net.population("out", 3, gp.neuron("LI"))
    net.connect("inp", "out", gp.synapse("exp"), weight=gp.learn(gp.normal(0.0, 1.0)))
    loss = gp.CrossEntropy(gp.integral("out")) if learned else None
    return gp.Experiment(net=net, loss=loss, train=gp.data.yin_yang(4, seed))
"""


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(gradcheck, "Native", lambda _: Reference())  # nothing to compile
    path = tmp_path / "network.py"
    path.write_text(NETWORK)
    return str(path)


CLOCK = ["--set", "compile.dt=1.0", "--set", "compile.duration=40", "--fine", "0.1"]


@pytest.mark.parametrize("more", [[], ["--random"]])
def test_right_gradients_end_in_0(
    network: str, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check-grad", network, *CLOCK, *more]) == 0
    shown = capsys.readouterr().out
    assert "inp->out.weight" in shown
    assert "✓ gradients agree" in shown


def test_wrong_gradients_end_in_1(
    network: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = Interpreter.gradients

    def wrong(*args: object) -> tuple[object, dict[str, np.ndarray]]:
        outcome, gradients = right(*args)  # pyright: ignore[reportArgumentType]
        return outcome, {name: 2 * g for name, g in gradients.items()}

    monkeypatch.setattr(Interpreter, "gradients", wrong)
    monkeypatch.setattr(gradcheck, "_REFINEMENTS", 2)
    assert main(["check-grad", network, *CLOCK]) == 1
    assert "✗ gradients are wrong: inp->out.weight" in capsys.readouterr().out


def test_an_experiment_without_a_loss_is_told(
    network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check-grad", network, *CLOCK, "--set", "options.learned=false"]) == 2
    assert "no loss" in capsys.readouterr().err
