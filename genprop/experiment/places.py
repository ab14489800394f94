"""The places where the trainings of a sweep run, by name."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor

from genprop.experiment.clusters import dask_pool
from genprop.experiment.pools import Pool, run_task
from genprop.experiment.processes import Children, ended

__all__ = ["opened"]


@contextlib.contextmanager
def opened(on: str, options: Mapping[str, object], jobs: int | None) -> Generator[Pool]:
    """The pool that ``on`` names; it ends with the block, and its trainings with it.

    Args:
        on: ``"here"``, ``"dask"``, ``"slurm://partition?cores=16&time=2h"`` or the like of another
            batch system, or the address of a dask scheduler, ``"tcp://host:8786"``.
        options: of the batch system, see [cluster] of a train.toml.
        jobs: trainings at a time; by default as many as there are cores.

    Raises:
        ConfigurationError: for a place that is none, and a scheduler that does not reply.
    """
    if on != "here":
        with dask_pool(on, options, jobs) as pool:
            yield pool
        return
    children, slots = Children(), jobs or _cores()
    with ThreadPoolExecutor(slots) as threads:

        def end() -> None:
            children.end()
            threads.shutdown(cancel_futures=True)

        with ended(end):
            yield Pool(lambda task: threads.submit(run_task, task, children), slots)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
