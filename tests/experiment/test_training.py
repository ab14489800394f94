"""A training from train.toml to result, and back again from its run folder."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from genprop.errors import ConfigurationError
from genprop.experiment.config import read_config
from genprop.experiment.trained import evaluate_run
from genprop.experiment.training import describe_result, train_named, train_run
from genprop.train.checkpoint import read_snapshot
from genprop.train.folder import RunFolder, run_path
from genprop.train.history import read_history
from tests.experiment.test_config import GOOD, write
from tests.train.fake import ROOT, equal_states


def test_a_run_folder_holds_settings_environment_history_checkpoints_result(
    tmp_path: Path,
) -> None:
    config = read_config(write(tmp_path))
    result = train_run(config, tmp_path / "run", progress=False)
    folder = RunFolder(tmp_path / "run")
    assert not read_config(folder.config).differences(config)
    environment = json.loads(folder.environment.read_text())
    assert environment["python"] and environment["libraries"]["numpy"]
    assert len(read_history(folder.history)) == 4
    assert folder.last.exists() and folder.best.exists()
    assert folder.read_result() == json.loads(json.dumps(result))
    assert "4 epochs" in describe_result(result)
    assert "test.accuracy" in describe_result(result)


def test_evaluating_a_run_gives_the_numbers_of_its_result(tmp_path: Path) -> None:
    result = train_run(read_config(write(tmp_path)), tmp_path / "run", progress=False)
    assert evaluate_run(tmp_path / "run").summary() == result["test"]
    valid = evaluate_run(tmp_path / "run", "valid").summary()
    best = read_history(RunFolder(tmp_path / "run").history)
    by_epoch = {record.epoch: record for record in best}
    chosen = by_epoch[int(str(result["best_epoch"]))]
    assert valid["accuracy"] == chosen.metrics["valid.accuracy"]


def test_a_finished_run_is_not_trained_again_but_goes_on_to_more_epochs(tmp_path: Path) -> None:
    path = write(tmp_path)
    first = train_run(read_config(path), tmp_path / "run", progress=False)
    assert train_run(read_config(path), tmp_path / "run", resume=True, progress=False) == first
    longer = read_config(path, ["epochs=6"])
    more = train_run(longer, tmp_path / "run", resume=True, progress=False)
    # The cosine follows the number of epochs, so only the history's length is compared.
    assert more["epochs"] == 6
    assert len(read_history(tmp_path / "run" / "history.jsonl")) == 6


def test_a_run_outlives_its_network_file_and_may_be_moved(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    path = write(tmp_path / "from")
    result = train_run(read_config(path), tmp_path / "from" / "run", progress=False)
    moved = tmp_path / "some" / "where" / "else"
    moved.parent.mkdir(parents=True)
    shutil.move(tmp_path / "from" / "run", moved)
    shutil.rmtree(tmp_path / "from")
    assert evaluate_run(moved).summary() == result["test"]
    more = read_config(moved / "config.toml", ["epochs=5"])
    assert train_run(more, moved, resume=True, progress=False)["epochs"] == 5


def test_a_run_is_what_was_trained_however_its_network_file_is_changed(tmp_path: Path) -> None:
    path = write(tmp_path)
    result = train_run(read_config(path), tmp_path / "run", progress=False)
    network = tmp_path / "network.py"
    network.write_text("# A comment.\n" + network.read_text())
    assert train_run(read_config(path), tmp_path / "run", resume=True, progress=False) == result
    network.write_text(network.read_text() + "\nOTHER = 1\n")
    assert evaluate_run(tmp_path / "run").summary() == result["test"]
    with pytest.raises(ConfigurationError, match=r"the code of .*network.py is not that of .*run"):
        train_run(read_config(path, ["epochs=5"]), tmp_path / "run", resume=True, progress=False)


def test_a_network_file_that_is_not_python_says_where(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / "network.py").write_text("def build(:\n    pass\n")
    with pytest.raises(ConfigurationError, match=r"not Python: invalid syntax(.|\n)*line 1"):
        train_run(read_config(path), tmp_path / "run", progress=False)


def test_resuming_with_other_settings_says_what_differs(tmp_path: Path) -> None:
    path = write(tmp_path)
    train_run(read_config(path), tmp_path / "run", progress=False)
    other = read_config(path, ["callbacks.clip.norm=2.0"])
    with pytest.raises(ConfigurationError, match=r"callbacks\.clip\.norm is 2\.0, was 1\.5"):
        train_run(other, tmp_path / "run", resume=True, progress=False)
    with pytest.raises(ConfigurationError, match="already holds"):
        train_run(read_config(path), tmp_path / "run", progress=False)


def test_every_stateful_callback_resumes_bit_by_bit(tmp_path: Path) -> None:
    text = GOOD.replace("samples = 30", f'samples = 30\nkill = "{tmp_path}/mark"') + (
        "[callbacks.exponential_warmup]\nbatches = 7\n[callbacks.exponential]\ndecay = 0.9\n"
        "[callbacks.plateau]\npatience = 1\n[callbacks.dual_ema_plateau]\nfast = 1\nslow = 2\n"
        "patience = 1\n[callbacks.revive_silent]\n[callbacks.early_stopping]\npatience = 3\n"
    )
    path = write(tmp_path, text)
    overrides = [*("fit.epochs=6", "callbacks.dual_ema_plateau.metric=valid.loss")]
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=_train, args=(path, overrides, tmp_path / "killed"))
    child.start()
    child.join()
    assert child.exitcode == -9
    killed = RunFolder(tmp_path / "killed")
    assert not killed.result.exists()
    config = read_config(path, overrides)
    resumed = train_run(config, killed, resume=True, progress=False)
    whole = train_run(config, tmp_path / "whole", progress=False)
    for name in ("last.h5", "best.h5"):
        a, b = (read_snapshot(tmp_path / run / "checkpoints" / name) for run in ("killed", "whole"))
        assert equal_states(a.simulator, b.simulator)
        assert equal_states(a.training, b.training)
        assert a.records == b.records
    timing = {"seconds", "samples_per_second"}
    assert {k: v for k, v in resumed.items() if k not in timing} == {
        k: v for k, v in whole.items() if k not in timing
    }


def _train(path: Path, overrides: list[str], run: Path) -> None:
    train_run(read_config(path, overrides), run, progress=False)


def test_two_processes_do_not_train_in_one_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    config = read_config(write(tmp_path))
    with folder.locked(), pytest.raises(ConfigurationError, match="another process"):
        train_run(config, folder, progress=False)


def test_of_two_trainings_of_one_name_the_second_takes_the_next_folder(tmp_path: Path) -> None:
    """Whether the first has only begun, or has just left its first file."""
    config = read_config(write(tmp_path))
    first = RunFolder(tmp_path / "runs" / config.name)
    with first.locked():
        path, _ = train_named(config, root=tmp_path / "runs", progress=False)
        assert path.name == f"{config.name}-2"
        first.history.touch()
        path, _ = train_named(config, root=tmp_path / "runs", progress=False)
        assert path.name == f"{config.name}-3"


def test_trainings_that_begin_at_once_end_in_a_folder_each(tmp_path: Path) -> None:
    file = write(tmp_path)
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "genprop", "train", str(file), "--quiet"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        for _ in range(3)
    ]
    folders = {run.communicate(timeout=120)[0].strip().splitlines()[-1] for run in runs}
    assert [run.returncode for run in runs] == [0, 0, 0], folders
    assert len(folders) == 3


def test_run_folders_are_numbered(tmp_path: Path) -> None:
    assert run_path("a", resume=False, root=tmp_path).name == "a"
    assert run_path("a", resume=True, root=tmp_path).name == "a"
    for name in ("a", "a-2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "history.jsonl").touch()
    assert run_path("a", resume=False, root=tmp_path).name == "a-3"
    assert run_path("a", resume=True, root=tmp_path).name == "a-2"


def test_what_is_no_run_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no run folder"):
        evaluate_run(tmp_path)
