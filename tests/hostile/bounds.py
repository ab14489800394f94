"""One attempt on what a stranger gave: it succeeds, or ends in an error of ours, soon and small."""

from __future__ import annotations

import contextlib
import resource
import signal
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from genprop import _isolated
from genprop.errors import GenpropError

SECONDS, BYTES = 10.0, 100_000_000
"""At most so much processor time, and memory beside twice the file's size."""
ASLEEP = 600.0
"""[s] by the clock after which a process that does not come back is ended."""


def fault_of(attempt: Callable[[], object], size: int) -> str | None:
    """What an attempt on a file of ``size`` bytes did wrong; None where nothing.

    A process that does not come back ends itself by a signal: ``campaign`` tells which case it was.
    """
    begin = time.process_time()
    try:
        with (
            _alarmed(),
            _bounded(2 * size + BYTES),
            _isolated_bounded(),
            warnings.catch_warnings(record=True) as noted,
        ):
            warnings.simplefilter("always", RuntimeWarning)
            attempt()
    except GenpropError as error:
        if any(map(_is_of_memory, _causes(error))):
            return f"asked for more than 2 · {size} B + {BYTES} B: {error}"
    except MemoryError:
        return f"asked for more than 2 · {size} B + {BYTES} B, in a foreign error"
    except _Late:
        return f"did not end within {2 * SECONDS:g} s"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    else:
        if noted and size:  # numpy made something else of what the file holds, and it was taken
            return f"accepted, with {noted[0].message} at {noted[0].filename}:{noted[0].lineno}"
    seconds = time.process_time() - begin
    return f"took {seconds:.1f} s" if seconds > SECONDS else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _is_of_memory(cause: BaseException) -> bool:
    """Whether there was no room here; HDF5 says so in words.

    What the process that reads HDF5 was refused there is of no harm to this one.
    """
    place = cause.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is not None and place.tb_frame.f_globals.get("__name__") == _isolated.__name__:
        return False
    words = "" if isinstance(cause, GenpropError) else str(cause).lower()
    return isinstance(cause, MemoryError) or "memory" in words or "unable to alloc" in words


class _Late(BaseException):
    """Raised where Python still runs; what hangs beneath it is ended by the clock's own signal."""


@contextlib.contextmanager
def _alarmed() -> Generator[None]:
    def late(number: int, frame: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, 2 * SECONDS)
    signal.setitimer(signal.ITIMER_REAL, ASLEEP)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _isolated_bounded() -> Generator[None]:
    """Bound the process that reads HDF5 likewise."""
    before = _isolated.BYTES, _isolated.SECONDS
    _isolated.BYTES, _isolated.SECONDS = BYTES, SECONDS
    try:
        yield
    finally:
        _isolated.BYTES, _isolated.SECONDS = before


@contextlib.contextmanager
def _bounded(room: int) -> Generator[None]:
    """Refuse this process more than ``room`` bytes beyond what it has, where the system can."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + room
        resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
