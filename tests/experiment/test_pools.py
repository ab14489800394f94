"""Trainings of a sweep run wherever a pool is, and where there is none that is said."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import CancelledError, Future
from pathlib import Path

import pytest

from genprop.errors import ConfigurationError, TrainingError, UnsupportedError
from genprop.experiment import places
from genprop.experiment.clusters import batch_cluster, dask_pool
from genprop.experiment.config import read_config
from genprop.experiment.places import opened
from genprop.experiment.pools import Task, fault_of, run_task, task_of
from genprop.experiment.processes import Children


def test_a_training_is_no_rank_of_those_that_started_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PMI_SIZE", "4")
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "4")
    monkeypatch.setattr(sys, "executable", "/usr/bin/env")
    run_task(Task((), str(tmp_path / "run"), str(tmp_path)))
    seen: dict[str, str] = {}

    def run(command: object, log: object, environment: dict[str, str], place: str) -> int:
        seen.update(environment)
        return 0

    children = Children()
    monkeypatch.setattr(children, "run", run)
    assert run_task(Task((), str(tmp_path / "run"), str(tmp_path)), children) == ""
    assert not {"PMI_SIZE", "OMPI_COMM_WORLD_SIZE"} & seen.keys()
    assert seen["OMP_NUM_THREADS"] == "1"


def test_paths_of_a_task_hold_on_another_computer(tmp_path: Path) -> None:
    task = task_of(Path("some/train.toml"), ["epochs=3"], Path("runs/x"))
    assert Path(task.arguments[1]).is_absolute() and Path(task.run).is_absolute()
    assert task.arguments[2:4] == ("--set", "epochs=3")
    assert task.place == str(Path.cwd())


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (CancelledError(), "the scheduler is gone"),
        (RuntimeError("no worker"), "RuntimeError: no worker"),
        (TrainingError("left the numbers"), "left the numbers"),
    ],
)
def test_what_a_pool_raises_is_the_fault_of_a_training(fault: Exception, words: str) -> None:
    future: Future[str] = Future()
    future.set_exception(fault)
    assert words in fault_of(future)


def test_children_end_with_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()

    def run(task: Task, children: Children) -> str:
        begun.set()
        return (
            children.run(["sleep", "60"], sys.stderr, {"PATH": "/usr/bin:/bin"}) and "ended"
        ) or ""

    monkeypatch.setattr(places, "run_task", run)
    futures: list[Future[str]] = []
    with pytest.raises(KeyboardInterrupt), opened("here", {}, 1) as pool:
        futures.append(pool.submit(Task((), str(tmp_path), str(tmp_path))))
        begun.wait(10)
        raise KeyboardInterrupt
    assert [future.result(20) for future in futures] == ["ended"]


def test_without_dask_a_sweep_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(UnsupportedError, match=r"genprop\[cluster\]"), dask_pool("dask", {}, 1):
        pass


def test_options_of_clusters_and_searches_are_no_settings_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "network.py").write_text("def build(): ...\n")
    path = tmp_path / "train.toml"
    head = 'network = "network.py"\n[fit]\nepochs = 1\n'
    path.write_text(head)
    before = read_config(path)
    path.write_text(head + '[cluster]\naccount = "lab"\n')
    after = read_config(path)
    assert after.cluster == {"account": "lab"}
    assert not after.differences(before)
    assert "account" not in after.toml()


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'soon' is no time"):
        batch_cluster("slurm://cpu?time=soon", {})
