"""Trainings end in an error where no worker comes, and not before there is reason."""

from __future__ import annotations

import time
from concurrent.futures import Future

import pytest

from genprop.errors import TrainingError
from genprop.experiment.workers import Workers


def test_nobody_there_is_an_error_in_time() -> None:
    with Workers(lambda: 0, None, 0.2, queued=False, on="tcp://x") as workers:
        waiting = [workers.future(Future()) for _ in range(3)]
        for future in waiting:
            with pytest.raises(TrainingError, match=r"no worker(.|\n)*tcp://x(.|\n)*same command"):
                future.result(timeout=30)


def test_workers_of_our_own_are_started_anew_three_times() -> None:
    started: list[int] = []
    workers = Workers(lambda: 0, lambda: started.append(1), 0.1, queued=False, on="dask")
    with workers, pytest.raises(TrainingError, match="started anew 3 times"):
        workers.future(Future()).result(timeout=30)
    assert len(started) == 3


def test_a_worker_that_comes_after_a_restart_serves() -> None:
    present: list[int] = []
    inner: Future[str] = Future()
    count = lambda: len(present)  # noqa: E731
    with Workers(count, lambda: present.append(1), 0.1, queued=False, on="dask") as workers:
        future = workers.future(inner)
        time.sleep(1)
        assert not future.done() and present == [1]
        inner.set_result("a fault of its own")
        assert future.result(timeout=30) == "a fault of its own"


def test_a_queue_takes_its_time_until_its_first_worker_has_gone() -> None:
    present, seen = [0], [0]

    def count() -> int:
        seen[0] += 1
        return present[0]

    def wait_for_looks() -> None:
        first = seen[0]
        while seen[0] < first + 20:
            time.sleep(0.01)

    with Workers(count, None, 0.1, queued=True, on="slurm://x") as workers:
        future = workers.future(Future())
        wait_for_looks()
        assert not future.done()
        present[0] = 1
        wait_for_looks()
        assert not future.done()
        present[0] = 0
        with pytest.raises(TrainingError, match="no worker"):
            future.result(timeout=30)


def test_what_a_task_ends_in_is_passed_on() -> None:
    with Workers(lambda: 1, None, 0.1, queued=False, on="dask") as workers:
        faulty, cancelled, own = Future[str](), Future[str](), Future[str]()
        outer = [workers.future(inner) for inner in (faulty, cancelled, own)]
        faulty.set_exception(ValueError("x"))
        cancelled.cancel()
        assert outer[2].cancel() and own.cancelled()
        with pytest.raises(ValueError, match="x"):
            outer[0].result(timeout=30)
        assert outer[1].cancelled()
