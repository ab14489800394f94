"""Sweeps on dask end in the table of a sweep here, whoever is killed meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from genprop.errors import ConfigurationError, TrainingError
from genprop.experiment.clusters import batch_cluster
from genprop.experiment.sweep import run_sweep, sweep_table
from tests.experiment.test_config import write
from tests.experiment.test_sweep import SHORT, silent
from tests.train.fake import ROOT

pytest.importorskip("distributed", reason="dask is not installed: pip install 'genprop[cluster]'")
pytest.importorskip("dask_jobqueue", reason="dask-jobqueue is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    monkeypatch.setenv("PYTHONPATH", path)


KILLS_ITS_WORKER = """
import os
import signal
from pathlib import Path

from tests.experiment.toy_network import build as toy


def kill_both():
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def build(seed: int, mark: str = ""):
    killed = Path(f"{mark}-{seed}")
    if mark and not killed.exists():
        killed.write_text("killed")
        kill_both()
    if mark == "":
        kill_both()
    return toy(seed=seed)
"""


def killing(folder: Path, mark: str) -> Path:
    folder.mkdir()
    path = write(folder, SHORT + f'[options]\nmark = "{mark}"\n')
    (folder / "network.py").write_text(KILLS_ITS_WORKER)
    return path


def test_a_worker_that_dies_loses_its_training_alone(tmp_path: Path) -> None:
    path, calm = killing(tmp_path / "own", str(tmp_path / "mark")), tmp_path / "calm"
    calm.mkdir()
    here = run_sweep(write(calm, SHORT), ["seed=0..1"], calm / "sweep", jobs=2, on_case=silent)
    rows = run_sweep(path, ["seed=0..1"], tmp_path / "s", jobs=2, on="dask", on_case=silent)
    assert (tmp_path / "mark-0").exists() and (tmp_path / "mark-1").exists()
    assert sweep_table(rows) == sweep_table(here)


def test_a_training_that_always_kills_its_worker_is_given_up(tmp_path: Path) -> None:
    path = killing(tmp_path / "own", "")
    with pytest.raises(TrainingError, match="2 of 2 trainings failed") as found:
        run_sweep(path, ["seed=0..1"], tmp_path / "s", jobs=2, on="dask", on_case=silent)
    assert str(found.value).count("KilledWorker") == 2


def test_a_scheduler_that_does_not_reply_is_named(tmp_path: Path) -> None:
    with socket.socket() as deaf:  # takes calls, and never says a word
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        place = f"tcp://127.0.0.1:{deaf.getsockname()[1]}"
        path = write(tmp_path, SHORT + "[cluster]\ntimeout = 2\n")
        begin = time.monotonic()
        with pytest.raises(ConfigurationError, match="does not reply within 2 s"):
            run_sweep(path, ["seed=0..1"], tmp_path / "s", on=place, on_case=silent)
        assert time.monotonic() - begin < 30


def test_a_scheduler_without_workers_ends_the_sweep(tmp_path: Path) -> None:
    started, place = scheduler(tmp_path, workers=0)
    try:
        path = write(tmp_path, SHORT + "[cluster]\ntimeout = 30\n")
        with patience_for_workers(5.0), pytest.raises(TrainingError, match="no worker") as found:
            run_sweep(path, ["seed=0..1"], tmp_path / "s", on=place, on_case=silent)
    finally:
        end(started)
    assert "2 of 2 trainings failed" in str(found.value)


def test_what_is_no_place_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing is called 'slrm://x'") as found:
        run_sweep(write(tmp_path, SHORT), ["seed=0..1"], tmp_path / "s", on="slrm://x")
    assert "slurm://" in str(found.value)


def test_the_job_of_a_batch_system_is_what_was_asked_for() -> None:
    options = {"account": "lab", "job_extra_directives": ["--exclusive"], "memory": "32GB"}
    with batch_cluster("slurm://long?cores=16&time=2h", options) as cluster:
        script = cluster.job_script()
    for line in ("-p long", "-A lab", "--cpus-per-task=16", "-t 02:00:00", "--exclusive"):
        assert f"#SBATCH {line}\n" in script
    assert "--nworkers 16" in script and "--nthreads 1" in script
    with batch_cluster("pbs://night?cores=2&time=90m", {}) as cluster:
        script = cluster.job_script()
    assert "#PBS -q night\n" in script and "walltime=01:30:00" in script
    with pytest.raises(ConfigurationError, match="does not take these options"):
        batch_cluster("slurm://long?colour=red", {})


def scheduler(folder: Path, workers: int = 2) -> tuple[list[subprocess.Popen[bytes]], str]:
    """A scheduler of dask and its workers, as others would start them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    dask = [sys.executable, "-m", "distributed.cli"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    own = [dask[0], "-m", "distributed.cli.dask_scheduler", "--host", place, "--no-dashboard"]
    worker = [dask[0], "-m", "distributed.cli.dask_worker", place, "--nthreads", "1"]
    worker += ["--no-dashboard", "--local-directory", str(folder), "--death-timeout", "300"]
    started = [subprocess.Popen(line, **quiet) for line in (own, *[worker] * workers)]  # type: ignore[call-overload]
    return started, place


@contextlib.contextmanager
def patience_for_workers(seconds: float) -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genprop.experiment.clusters._FOR_A_WORKER", seconds / 30)
        yield


def end(started: list[subprocess.Popen[bytes]]) -> None:
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.nightly
def test_a_scheduler_that_is_killed_ten_times_loses_nothing(tmp_path: Path) -> None:
    calm = tmp_path / "calm"
    calm.mkdir()
    cases = ["seed=0..3"]
    here = run_sweep(write(calm, SHORT), cases, calm / "sweep", jobs=2, on_case=silent)
    path, root, kills = write(tmp_path, SHORT + "[cluster]\ntimeout = 60\n"), tmp_path / "s", 0
    for k in range(10):
        started, place = scheduler(tmp_path)
        clock = threading.Timer(1.0 + 0.7 * k, lambda own=started: own[0].send_signal(9))
        clock.start()
        try:
            run_sweep(path, cases, root, jobs=2, on=place, on_case=silent)
        except (TrainingError, ConfigurationError):
            kills += 1
        finally:
            clock.cancel()
            end(started)
    assert kills
    rows = run_sweep(path, cases, root, jobs=2, on_case=silent)
    assert sweep_table(rows) == sweep_table(here)


def children(process: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, check=False)
    return [int(own) for own in listed.stdout.split()]


class Killer(threading.Thread):
    """Kills a worker while it trains: one that has a child, ``late`` s after that was seen."""

    def __init__(self, nannies: list[subprocess.Popen[bytes]], late: float) -> None:
        super().__init__(daemon=True)
        self.nannies, self.late = nannies, late
        self.killed, self.over = 0, threading.Event()

    def run(self) -> None:
        while not self.killed and not self.over.wait(0.02):
            workers = [own for nanny in self.nannies for own in children(nanny.pid)]
            busy = next((own for own in workers if children(own)), None)
            if busy is None or self.over.wait(self.late) or not children(busy):
                continue  # it has ended meanwhile: another is waited for
            os.kill(busy, signal.SIGKILL)
            self.killed = busy


@pytest.mark.nightly
def test_workers_that_are_killed_ten_times_lose_nothing(tmp_path: Path) -> None:
    calm, killed = tmp_path / "calm", list[int]()
    calm.mkdir()
    cases = ["seed=0..3"]
    here = run_sweep(write(calm, SHORT), cases, calm / "sweep", jobs=2, on_case=silent)
    path = write(tmp_path, SHORT + "[cluster]\ntimeout = 60\n")
    for k in range(10):
        started, place = scheduler(tmp_path)
        killer = Killer(started[1:], late=0.1 * k)
        killer.start()
        try:
            rows = run_sweep(path, cases, tmp_path / f"s{k}", jobs=2, on=place, on_case=silent)
        finally:
            killer.over.set()
            end(started)
        killer.join()
        killed.append(killer.killed)
        assert sweep_table(rows) == sweep_table(here)
    assert all(killed), "each of ten sweeps lost a worker that trained"
