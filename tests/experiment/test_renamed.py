"""Keys, checkpoints and results under their names of before are still understood."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from genprop.experiment.config import Config, read_config
from genprop.experiment.experiment import compile_experiment, load_experiment
from genprop.experiment.training import finished_result
from genprop.train.checkpoint import Snapshot, read_snapshot, write_snapshot
from genprop.train.folder import RunFolder
from genprop.train.plateau import DualEMAPlateau
from genprop.train.revive import ReviveSilent
from genprop.train.schedule import ExponentialWarmup
from tests.experiment.test_config import GOOD, write

OLD = "[callbacks.bump]\namount = 0.5\n[callbacks.ease_in]\nbatches = 7\n[callbacks.two_averages]\n"
NEW = (
    "[callbacks.revive_silent]\namount = 0.5\n[callbacks.exponential_warmup]\nbatches = 7\n"
    "[callbacks.dual_ema_plateau]\n"
)


def read_silently(path: Path) -> Config:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read_config(path)


def test_old_names_of_callbacks_warn_and_make_the_same_callbacks(tmp_path: Path) -> None:
    new = read_silently(write(tmp_path, GOOD + NEW))
    with pytest.warns(DeprecationWarning) as told:
        old = read_config(write(tmp_path, GOOD + OLD))
    assert [str(w.message).partition(": ")[2] for w in told] == [
        "callbacks.bump is now called callbacks.revive_silent",
        "callbacks.ease_in is now called callbacks.exponential_warmup",
        "callbacks.two_averages is now called callbacks.dual_ema_plateau",
    ]
    assert old == new
    assert not old.differences(new)
    _, made = compile_experiment(load_experiment(old), old)
    assert [type(c) for c in made[2:]] == [ReviveSilent, ExponentialWarmup, DualEMAPlateau]


def test_an_old_name_in_an_override_warns(tmp_path: Path) -> None:
    path = write(tmp_path)
    with pytest.warns(DeprecationWarning, match="--set callbacks.bump.amount=1: callbacks.bump is"):
        config = read_config(path, ["callbacks.bump.amount=1"])
    assert config.callbacks["revive_silent"] == {"amount": 1}


def test_the_config_of_a_run_folder_of_before_is_read_without_a_warning(tmp_path: Path) -> None:
    config = read_silently(write(tmp_path, f'kept = "copy.py"\n{GOOD}{OLD}'))
    assert config.code_snapshot == tmp_path / "copy.py"
    assert config.code == tmp_path / "copy.py"
    with pytest.warns(DeprecationWarning, match="Config.kept is now Config.code_snapshot"):
        assert getattr(config, "kept") == config.code_snapshot  # noqa: B009
    assert list(config.callbacks)[2:] == ["revive_silent", "exponential_warmup", "dual_ema_plateau"]
    assert 'code_snapshot = "c.py"' in config.toml("n.py", "c.py")


def test_states_of_callbacks_in_a_checkpoint_of_before_are_found(tmp_path: Path) -> None:
    states = {
        f"callbacks/{label}/applied": np.array(k)
        for k, label in enumerate(("Bump", "EaseIn-2", "TwoAverages", "Clip", "Cosine-2"))
    }
    snapshot = Snapshot("d", 1, 0, 0, 0, (1.0, 2.0, 3), {"parameter/w": np.ones(1)}, states)
    write_snapshot(tmp_path / "c.h5", snapshot)
    found = read_snapshot(tmp_path / "c.h5").part("callbacks/")
    assert {name.split("/")[0]: int(value) for name, value in found.items()} == {
        "ReviveSilent": 0,
        "ExponentialWarmup-2": 1,
        "DualEMAPlateau": 2,
        "Clip": 3,
        "Cosine-2": 4,
    }


@pytest.mark.parametrize("key", ["requested_epochs", "epochs_asked"])
def test_a_finished_result_is_recognised_by_its_requested_epochs(tmp_path: Path, key: str) -> None:
    config = read_config(write(tmp_path))
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    folder.config.write_text(config.toml(str(tmp_path / "network.py")))
    folder.write_json(folder.result, {key: 4})
    assert finished_result(config, folder) == {key: 4}
    folder.write_json(folder.result, {key: 3})
    assert finished_result(config, folder) is None
