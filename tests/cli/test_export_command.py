"""The network of a run goes into a NIR file, and back into a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genprop.cli.main import main
from genprop.experiment.trained import open_run
from tests.train.small_run import NETWORK

pytest.importorskip("nir", reason="nir is in the extras 'nir' and 'test'")


def test_a_run_goes_into_a_file_and_back(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, again = tmp_path / "net.nir", tmp_path / "again"
    assert main(["export", str(run), str(file), "--branches"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(file)
    toml = run.parent / "train.toml"
    assert main(["import", str(toml), str(file), "--run", str(again)]) == 0
    shown = capsys.readouterr().out
    assert "10 parameters of net.nir" in shown
    (ours, _), (theirs, _) = open_run(run), open_run(again)
    for name, value in ours.parameters.items():
        whole = np.floor(value + 0.5) if name.endswith("delay") else value
        np.testing.assert_allclose(theirs.parameters[name], whole, rtol=1e-6, err_msg=name)
    assert main(["eval", str(again)]) == 0
    assert "30 samples" in capsys.readouterr().out


def test_what_nir_cannot_say_is_told_with_status_2(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(run), str(tmp_path / "net.nir")]) == 2
    assert "differ from synapse to synapse" in capsys.readouterr().err
    assert main(["export", str(run), str(tmp_path / "net.net")]) == 2
    assert "genprop retarget RUN -o DIR" in capsys.readouterr().err
    assert main(["export", "runs/none", str(tmp_path / "net.nir")]) == 2
    assert "no run folder" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('"hidden", 6', '"hidden", 7'), "hidden has 6 neurons in the file, 7 in the network"),
        (('"hidden", 6', '"cells", 6'), "the network has no population hidden"),
        ((", delay=delay", ""), "delays in the file and none in the network"),
        (('"exp", tau=5 * ms', '"alpha", tau=5 * ms'), "other equations in the file"),
        (('gp.neuron("LI", tau_mem=10', 'gp.neuron("LIF", tau_mem=10'), "other equations"),
    ],
)
def test_a_file_of_another_network_is_refused(
    run: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: tuple[str, str],
    told: str,
) -> None:
    file = tmp_path / "net.nir"
    assert main(["export", str(run), str(file), "--branches"]) == 0
    assert change[0] in NETWORK
    (tmp_path / "network.py").write_text(NETWORK.replace(*change))
    (tmp_path / "train.toml").write_text((run.parent / "train.toml").read_text())
    toml, again = tmp_path / "train.toml", tmp_path / "again"
    assert main(["import", str(toml), str(file), "--run", str(again)]) == 2
    assert told in capsys.readouterr().err
    assert not again.exists()
