"""Ranks that are threads of one process: what mpirun does, without it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from genprop._ranks import Ranks

T = TypeVar("T")


class ThreadCommunicator:
    """One rank's end of a communicator among threads."""

    def __init__(self, rank: int, board: _Board) -> None:
        self._rank, self._board = rank, board

    def Get_rank(self) -> int:
        return self._rank

    def Get_size(self) -> int:
        return self._board.size

    def Ibarrier(self) -> ThreadCommunicator:
        return self

    def Test(self) -> bool:
        return True

    def allgather(self, sendobj: Any) -> list[Any]:
        return self._board.meet(self._rank, sendobj)

    def alltoall(self, sendobj: list[Any]) -> list[Any]:
        return [row[self._rank] for row in self.allgather(sendobj)]

    def Alltoallv(self, sendbuf: Any, recvbuf: Any) -> None:
        array, counts = sendbuf
        pieces = np.split(np.array(array), np.cumsum(counts)[:-1])
        found = np.concatenate(self.alltoall(pieces))
        assert [len(p) for p in self.alltoall(pieces)] == list(recvbuf[1])
        recvbuf[0][...] = found

    def Allgatherv(self, sendbuf: Any, recvbuf: Any) -> None:
        recvbuf[0][...] = np.concatenate(self.allgather(np.array(sendbuf[0])))

    def Abort(self, errorcode: int = 0) -> None:
        self._board.barrier.abort()


class _Board:
    """Where the threads leave what the others take."""

    def __init__(self, size: int) -> None:
        self.size, self.slots = size, [None] * size
        self.barrier = threading.Barrier(size, timeout=120)

    def meet(self, rank: int, own: Any) -> list[Any]:
        self.slots[rank] = own
        self.barrier.wait()
        found: list[Any] = list(self.slots)
        self.barrier.wait()
        return found


def on_ranks(size: int, work: Callable[[Ranks], T]) -> list[T]:
    """What ``work(ranks)`` gives on each of ``size`` ranks; the first fault of one is raised."""
    board = _Board(size)

    def run(rank: int) -> T:
        try:
            return work(Ranks(ThreadCommunicator(rank, board)))
        except BaseException:
            board.barrier.abort()
            raise

    with ThreadPoolExecutor(size) as pool:
        futures = [pool.submit(run, rank) for rank in range(size)]
        faults = [f.exception() for f in futures if f.exception() is not None]
        told = [f for f in faults if not isinstance(f, threading.BrokenBarrierError)]
        for fault in [*told, *faults]:
            raise fault  # type: ignore[misc]
        return [future.result() for future in futures]
