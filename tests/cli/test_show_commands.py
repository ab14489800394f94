"""genprop show, build and eject."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop.cli.main import main

NETWORK = """
import numpy as np
import genprop as gp

def build(hidden=3):
    net = gp.Network("tiny")
    source = net.population("input", 2, gp.spikes())
    cells = net.population("hidden", hidden, gp.neuron("LIF"))
    out = net.population("out", 2, gp.neuron("LI"))
    weight = gp.learn(gp.constant(1.0))
    net.connect(source, cells, gp.synapse("exp"), weight=weight)
    net.connect(cells, out, gp.synapse("exp"), weight=weight)
    loss = gp.CrossEntropy(gp.integral(out))
    train = gp.data.yin_yang(4, seed=1)
    return gp.Experiment(net=net, loss=loss, optimiser=gp.Adam(1e-3), train=train)
"""


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "network.py"
    path.write_text(NETWORK)
    return path


def test_a_network_file_is_shown_with_its_options(
    network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(network), "--stage", "spec", "--set", "options.hidden=7"]) == 0
    assert "population hidden: 7 × lif" in capsys.readouterr().out


def test_a_train_toml_is_shown_with_its_clock(
    network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = network.parent / "train.toml"
    settings.write_text(
        'network = "network.py"\n[compile]\ndt = 0.5\nduration = 10.0\n[fit]\nepochs = 1'
    )
    assert main(["show", str(settings), "--stage", "program"]) == 0
    assert "steps: 20" in capsys.readouterr().out
    assert main(["show", str(network), "--stage", "program"]) == 0
    assert "steps: 20" in capsys.readouterr().out


def test_equations_both_ways_are_shown_by_default(
    network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(network)]) == 0
    assert "p_v⁻" in capsys.readouterr().out


def test_a_built_folder_runs(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = network.parent / "mine"
    assert main(["build", str(network), "-o", str(folder), "--set", "compile.duration=10.0"]) == 0
    assert "interface.cpp" in capsys.readouterr().out
    sim = gp.load(folder)
    assert sim.duration == 10.0
    assert np.all(sim.parameters["input->hidden.weight"] == 1.0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["show", "nothing.txt"], "neither a train.toml nor a network.py"),
        (["show", "nowhere.py"], "there is no nowhere.py"),
        (["show", "NET", "--set", "options.hiden=3"], "did you mean 'hidden'?"),
        (["show", "NET", "--set", "fit.epochs=3"], "cannot be set without a train.toml"),
        (["eject", "native/smaple.hpp.j2"], "did you mean 'native/sample.hpp.j2'?"),
    ],
)
def test_what_cannot_be_shown_is_told(
    line: list[str], said: str, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(network) if word == "NET" else word for word in line]) == 2
    assert said in capsys.readouterr().err


def test_a_template_is_ejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eject"]) == 0
    assert "native/sample.hpp.j2" in capsys.readouterr().out.splitlines()
    assert main(["eject", "native/sample.hpp.j2", "-o", str(tmp_path / "mine")]) == 0
    assert (tmp_path / "mine" / "native" / "sample.hpp.j2").is_file()
    assert "GENPROP_TEMPLATES" in capsys.readouterr().out
