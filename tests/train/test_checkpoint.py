"""A checkpoint is always whole, and everything in it comes back bit by bit."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from genprop.errors import CheckpointError, ConfigurationError
from genprop.train.callbacks import Callback, Training
from genprop.train.checkpoint import load_checkpoint, read_snapshot
from genprop.train.fit import fit
from genprop.train.folder import RunFolder
from genprop.train.history import read_history
from genprop.train.plateau import DualEMAPlateau, Plateau
from genprop.train.saving import Checkpoint
from genprop.train.stopping import EarlyStopping
from tests.train.fake import ROOT, FakeSimulator, H, W, counts_task, equal_states

KILLED = """
import os, signal, sys
from pathlib import Path
from genprop.train.callbacks import Callback
from genprop.train.fit import fit
from tests.train.fake import FakeSimulator, counts_task

class KillAt(Callback):
    def __init__(self, moment, step):
        setattr(self, moment, lambda training: os.kill(os.getpid(), signal.SIGKILL)
                if training.step >= step else None)

fit(FakeSimulator(), counts_task(), counts_task(20, 1), epochs=4, run=Path(sys.argv[1]),
    callbacks=[KillAt(sys.argv[2], int(sys.argv[3]))], resume=True, progress=False)
"""


def run_python(script: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *args], cwd=ROOT, capture_output=True, text=True
    )


def test_a_killed_training_resumes_bit_by_bit(tmp_path: Path) -> None:
    run = tmp_path / "run"
    for moment, step in [("on_batch_end", 3), ("on_gradients", 13), ("on_record", 18)]:
        killed = run_python(KILLED, str(run), moment, str(step))
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    resumed, whole = FakeSimulator(seed=3), FakeSimulator()
    train, valid = counts_task(), counts_task(20, 1)
    history = fit(resumed, train, valid, epochs=4, run=run, resume=True, progress=False)
    expected = fit(whole, train, valid, epochs=4, run=tmp_path / "whole", progress=False)
    assert equal_states(resumed.state(), whole.state())
    assert history == expected
    assert read_history(run / "history.jsonl") == expected.records
    for name in ("last.h5", "best.h5"):
        a = read_snapshot(run / "checkpoints" / name)
        b = read_snapshot(tmp_path / "whole" / "checkpoints" / name)
        assert equal_states(a.simulator, b.simulator)
        assert equal_states(a.training, b.training)
        assert (a.epoch, a.batch, a.step, a.records) == (b.epoch, b.batch, b.step, b.records)


def trained(path: Path, epochs: int = 1) -> FakeSimulator:
    sim = FakeSimulator()
    fit(sim, counts_task(), epochs=epochs, callbacks=[Checkpoint(path)], progress=False)
    return sim


def test_flat_names_are_the_paths_in_the_file(tmp_path: Path) -> None:
    sim = trained(tmp_path / "c.h5")
    with h5py.File(tmp_path / "c.h5") as file:
        stored = file[f"parameter/{W}"]
        assert isinstance(stored, h5py.Dataset)
        assert np.array_equal(stored[()], sim.parameters[W])
        assert file.attrs["version"] == 1
        assert file.attrs["digest"] == sim.spec.digest()


def test_settings_changed_while_learning_come_back(tmp_path: Path) -> None:
    sim = FakeSimulator()
    sim.settings[W]["rate"] = 0.1 / 3
    fit(sim, counts_task(), epochs=1, callbacks=[Checkpoint(tmp_path / "c.h5")], progress=False)
    other = FakeSimulator(seed=5)
    load_checkpoint(tmp_path / "c.h5", other)
    assert other.settings == sim.settings
    assert equal_states(other.state(), sim.state())


def test_parameters_alone_leave_the_optimiser_as_it_is(tmp_path: Path) -> None:
    sim, other = trained(tmp_path / "c.h5"), FakeSimulator(rate=0.5)
    load_checkpoint(tmp_path / "c.h5", other, only="parameters")
    assert np.array_equal(other.parameters[W], sim.parameters[W])
    assert other.settings[W]["rate"] == 0.5
    assert not other.moments[W].any()


def test_best_is_kept_beside_last(tmp_path: Path) -> None:
    sim = FakeSimulator(rate=0.5)
    saver = Checkpoint(tmp_path / "c.h5", best="valid.loss")
    history = fit(
        sim, counts_task(), counts_task(20, 1), epochs=6, callbacks=[saver], progress=False
    )
    best = history.best("valid.loss")
    assert saver.best_epoch == best.epoch
    snapshot = load_checkpoint(tmp_path / "c-best.h5", sim)
    assert snapshot.records[-1] == best


def test_best_may_be_the_last_epoch_however_good_it_is(tmp_path: Path) -> None:
    sim = FakeSimulator(rate=2.0)  # far too fast: the loss does not fall with every epoch
    saver = Checkpoint(tmp_path / "c.h5", best="last")
    history = fit(sim, counts_task(), epochs=4, callbacks=[saver], progress=False)
    assert history.best("train.loss").epoch < 4
    assert saver.best_epoch == 4
    assert load_checkpoint(tmp_path / "c-best.h5", sim).records[-1].epoch == 4
    resumed = Checkpoint(tmp_path / "c.h5", best="last")
    fit(sim, counts_task(), epochs=5, callbacks=[resumed], progress=False, resume=True)
    assert load_checkpoint(tmp_path / "c-best.h5", sim).records[-1].epoch == 5


def test_an_unknown_metric_for_best_is_named(tmp_path: Path) -> None:
    saver = Checkpoint(tmp_path / "c.h5", best="valid.acuracy")
    with pytest.raises(ConfigurationError, match=r"did you mean 'valid.accuracy'"):
        fit(
            FakeSimulator(),
            counts_task(),
            counts_task(9),
            epochs=1,
            callbacks=[saver],
            progress=False,
        )


def test_every_spaces_checkpoints_and_the_last_epoch_is_always_kept(tmp_path: Path) -> None:
    saver = Checkpoint(tmp_path / "c.h5", every=2)
    fit(FakeSimulator(), counts_task(), epochs=3, callbacks=[saver], progress=False)
    assert len(read_snapshot(tmp_path / "c.h5").records) == 3


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused_with_a_remedy(tmp_path: Path, share: float) -> None:
    trained(tmp_path / "c.h5")
    whole = (tmp_path / "c.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(CheckpointError, match=r"truncated(.|\n)*best\.h5"):
        load_checkpoint(tmp_path / "cut.h5", FakeSimulator())


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("no HDF5")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["x"] = np.arange(3)
    for name in ("text.h5", "foreign.h5", "missing.h5"):
        with pytest.raises(CheckpointError, match=name):
            read_snapshot(tmp_path / name)


def test_a_newer_format_asks_for_an_update(tmp_path: Path) -> None:
    trained(tmp_path / "c.h5")
    with h5py.File(tmp_path / "c.h5", "r+") as file:
        file.attrs["version"] = 99
    with pytest.raises(CheckpointError, match="update genprop"):
        read_snapshot(tmp_path / "c.h5")


def test_a_checkpoint_of_another_network_says_what_differs(tmp_path: Path) -> None:
    trained(tmp_path / "c.h5")
    other = FakeSimulator(channels=7)
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(tmp_path / "c.h5", other)
    assert f"{W} is (6, 3) in the checkpoint and (7, 3) in the network" in str(caught.value)
    assert H in str(caught.value)
    other.parameters.arrays["out.tau"] = np.ones(3)
    with pytest.raises(CheckpointError, match=r"out\.tau \(3,\) is missing"):
        load_checkpoint(tmp_path / "c.h5", other)


def test_resuming_another_course_says_what_differs(tmp_path: Path) -> None:
    trained(tmp_path / "c.h5")
    savers = [Checkpoint(tmp_path / "c.h5")]

    def resume(sim: FakeSimulator, seed: int = 0) -> str:
        with pytest.raises(CheckpointError) as caught:
            fit(
                sim,
                counts_task(),
                epochs=2,
                callbacks=savers,
                resume=True,
                seed=seed,
                progress=False,
            )
        return str(caught.value)

    assert "batch is 8 in the checkpoint and 9 here" in resume(FakeSimulator(batch=9))
    assert "the seed is 0 in the checkpoint and 4 here" in resume(FakeSimulator(), seed=4)
    assert "optimiser differ" in resume(FakeSimulator(rate=0.07))


def test_a_full_disk_leaves_the_previous_checkpoint_whole(tmp_path: Path) -> None:
    path = tmp_path / "c.h5"
    sim = trained(path)
    before = path.read_bytes()
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, old[1]))
    try:
        with pytest.raises(CheckpointError, match="previous one there is intact"):
            fit(sim, counts_task(), epochs=1, callbacks=[Checkpoint(path)], progress=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["c.h5"]


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind the superuser")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(CheckpointError, match="closed"):
        trained(tmp_path / "closed" / "c.h5")


STRANGE = {
    f"settings/{W}/rate": (np.nan, "x", [1.0, 2.0]),
    "meter/counts": ("x", 1.0, [1, 2], [1e30, 1.0, 1.0], [0.5, 1.0, 1.0]),
    "meter/loss": ("x", [1.0, 2.0], np.nan),
    "batches": ("x", [1, 2], 1e30, -1.0, 0.5),
    "callbacks/Checkpoint/best": ("x", 1.0, [1.0, 2.0, 3.0], [0.5, -1e142], [0.5, 1e30]),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_a_training_kept_is_refused_where_it_is_none(name: str, tmp_path: Path) -> None:
    """A checkpoint in the middle of an epoch, with every kind of state."""
    run = RunFolder(tmp_path / "run")

    class Interrupted(Callback):
        def on_batch_end(self, training: Training) -> None:
            if (training.epoch, training.batch) == (2, 2):
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fit(
            FakeSimulator(),
            counts_task(),
            epochs=3,
            progress=False,
            run=run,
            callbacks=[Interrupted()],
        )
    whole = run.last.read_bytes()
    for value in STRANGE[name]:
        run.last.write_bytes(whole)
        with h5py.File(run.last, "r+") as file:
            del file[f"training/{name}"]
            file[f"training/{name}"] = value
        fresh = FakeSimulator()
        before = fresh.state()
        with pytest.raises(CheckpointError):
            fit(fresh, counts_task(), epochs=3, progress=False, run=run, resume=True)
        assert equal_states(before, fresh.state())


@pytest.mark.parametrize("count", [1e30, -1.0, 0.5, np.nan, np.inf])
@pytest.mark.parametrize(
    ("callback", "name", "state", "place"),
    [
        (EarlyStopping(), "best", [0.5, 2.0, 1.0], 1),
        (EarlyStopping(), "best", [0.5, 2.0, 1.0], 2),
        (Plateau(), "plateau", [0.5, 2.0, 1.0], 1),
        (DualEMAPlateau(), "averages", [0.5, 0.4, 2.0, 1.0], 2),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, Callback) else None,
)
def test_a_callback_takes_no_count_that_is_none(
    callback: Callback, name: str, state: list[float], place: int, count: float
) -> None:
    before = callback.state()
    whole = before | {name: np.array(state)}
    callback.restore(whole)
    assert callback.state()[name].tolist() == state
    spoilt = [*state[:place], count, *state[place + 1 :]]
    with pytest.raises(ValueError, match="is no count"):
        callback.restore(whole | {name: np.array(spoilt)})
    callback.restore(before)
