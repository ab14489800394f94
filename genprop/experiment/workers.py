"""Trainings that wait for workers of a cluster, but not for ever.

dask keeps a task until a worker takes it. Where none is left, as where those of a scheduler that
was slow to begin gave up before they served, nobody would say so.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType

from genprop.errors import TrainingError

__all__ = ["Workers"]

_AGAIN = 3


class Workers:
    """Checks, while it is entered, that somebody is there to train.

    Args:
        count: how many workers there are now.
        restart: starts them anew, which is done up to three times; None where others start them.
        patience: [s] without one, before they are started anew, or every training fails.
        queued: whether the first may be long in coming, as from the queue of a batch system.
        on: the place, for the error.
    """

    def __init__(
        self,
        count: Callable[[], int],
        restart: Callable[[], object] | None,
        patience: float,
        *,
        queued: bool,
        on: str,
    ) -> None:
        self._count, self._restart = count, restart
        self._patience, self._queued, self._on = patience, queued, on
        self._waiting: set[Future[str]] = set()
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Workers:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._closed.set()

    def future(self, inner: Future[str]) -> Future[str]:
        """What ``inner`` ends in, or the fault that nobody is there."""
        outer: Future[str] = Future()
        with self._lock:
            self._waiting.add(outer)
        outer.add_done_callback(lambda own: inner.cancel() if own.cancelled() else None)
        inner.add_done_callback(lambda done: self._pass_on(done, outer))
        return outer

    def _pass_on(self, inner: Future[str], outer: Future[str]) -> None:
        with self._lock:
            if outer not in self._waiting:
                return
            self._waiting.discard(outer)
        if inner.cancelled():
            outer.cancel()
            outer.set_running_or_notify_cancel()  # wakes who waits
        elif not outer.set_running_or_notify_cancel():
            return
        elif (fault := inner.exception()) is not None:
            outer.set_exception(fault)
        else:
            outer.set_result(inner.result())

    def _look(self) -> None:
        since, seen, restarts = time.monotonic(), False, 0
        while not self._closed.wait(min(1.0, self._patience / 10)):
            present = self._present()
            seen |= present
            now = time.monotonic()
            if present or not self._waiting or (self._queued and not seen):
                since = now
            elif now - since > self._patience:
                since = now
                if self._restart is None or restarts == _AGAIN:
                    self._give_up(restarts)
                else:
                    restarts += 1
                    with contextlib.suppress(Exception):  # tried again, then reported
                        self._restart()

    def _present(self) -> bool:
        try:
            return self._count() > 0
        except Exception:  # of a scheduler that is away, whose tasks are cancelled
            return False

    def _give_up(self, restarts: int) -> None:
        again = f", though they were started anew {restarts} times" if restarts else ""
        fault = TrainingError(
            f"no worker has been there for {self._patience:g} s{again}",
            where=self._on,
            remedy="look into what the workers wrote, and let them wait for the scheduler (dask "
            "worker ADDRESS --nthreads 1 --death-timeout 300); a larger timeout below [cluster] "
            "waits longer, and the same command goes on",
        )
        with self._lock:
            left, self._waiting = self._waiting, set()
        for future in left:
            if future.set_running_or_notify_cancel():
                future.set_exception(fault)
