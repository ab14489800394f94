"""Where the trainings of a sweep or a search run, several at a time: here, or on a cluster.

Each training is a process of one thread, ``genprop train``, that writes into its own run folder.
Pools differ in who starts it: a thread of this process, or a worker of dask on any computer that
sees the same files.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from pathlib import Path

from genprop._writing import writing
from genprop.errors import GenpropError, OutputError
from genprop.experiment.processes import Children

__all__ = ["Pool", "Task", "end_tasks", "fault_of", "run_task", "task_of"]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GENPROP_THREADS")
_RANKS = ("OMPI_", "PMI_", "PMIX_", "MV2_", "SLURM_STEP_")
"""Beginnings of what says that a process is one of several ranks, which a training here is not."""


@dataclass(frozen=True, slots=True)
class Task:
    """One training: the arguments of ``genprop``, its run folder and where it is started."""

    arguments: tuple[str, ...]
    run: str
    place: str


@dataclass(frozen=True, slots=True)
class Pool:
    """What runs trainings: ``submit(task)`` gives a future of its fault, empty where there is none.

    Attributes:
        submit: begins a training as soon as there is room.
        slots: how many run at a time.
    """

    submit: Callable[[Task], Future[str]]
    slots: int


def task_of(file: Path, settings: Sequence[str], run: Path) -> Task:
    """The training of ``file`` with ``settings`` in the folder ``run``, begun or gone on with."""
    arguments = ["train", str(file.resolve())]
    for setting in settings:
        arguments += ["--set", setting]
    folder = str(run.resolve())
    arguments += ["--run", folder, "--resume", "--wait", "--threads", "1"]
    return Task(tuple(arguments), folder, str(Path.cwd()))


def fault_of(future: Future[str]) -> str:
    """What went wrong with a training, in words; empty where nothing did."""
    try:
        return future.result()
    except GenpropError as error:
        return str(error)
    except CancelledError:
        return "the scheduler is gone; the same command goes on"
    except Exception as error:  # of a pool: its worker died, or does not have this genprop
        return f"{type(error).__name__}: {str(error).strip():.300}"


_HERE = Children()
"""What the tasks of this process have started, where it is a worker of dask."""


def run_task(task: Task, children: Children = _HERE) -> str:
    """Train in a process of its own; its fault with place and remedy, or nothing."""
    folder = Path(task.run)
    try:
        with writing(folder, "the run folder"):
            folder.mkdir(parents=True, exist_ok=True)
    except OutputError as error:
        return str(error)
    environment = {n: v for n, v in os.environ.items() if not n.startswith(_RANKS)}
    command = [sys.executable, "-m", "genprop", *task.arguments]
    with (folder / "log.txt").open("a", encoding="utf-8") as log:
        own = environment | dict.fromkeys(_THREADS, "1")
        status = children.run(command, log, own, task.place)
    if status == 0:
        return ""
    lines = (folder / "log.txt").read_text(encoding="utf-8").strip().splitlines()
    errors = [k for k, line in enumerate(lines) if line.startswith("error: ")]
    if not errors:
        return (lines or [f"status {status}"])[-1]
    return "\n      ".join(line.strip() for line in lines[errors[-1] :])


def end_tasks() -> None:
    """End what the tasks of this process have started."""
    _HERE.end()
