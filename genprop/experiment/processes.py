"""Processes that are terminated with the one that started them."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import IO, Any

__all__ = ["Children", "ended"]


class Children:
    """The processes that are running, each started by a thread that waits for it."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock, self._ended = threading.Lock(), False

    def run(
        self,
        command: Sequence[str],
        output: IO[Any],
        environment: Mapping[str, str],
        place: str | None = None,
    ) -> int:
        """The exit status of ``command``; none is started once the others were terminated."""
        with self._lock:
            if self._ended:
                return -int(signal.SIGTERM)
            child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=place,
            )
            self._running.add(child)
        try:
            return child.wait()
        finally:
            with self._lock:
                self._running.discard(child)

    def end(self) -> None:
        """Terminate all of them, and let none begin."""
        with self._lock:
            self._ended = True
            for child in self._running:
                child.terminate()


@contextlib.contextmanager
def ended(end: Callable[[], None]) -> Generator[None]:
    """While it is entered, Ctrl-C and SIGTERM to this process call ``end``.

    A handler of SIGTERM that somebody else installed stays.

    Raises:
        SystemExit: for SIGTERM, with the status that shells give it: 143.
    """

    def terminated(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if ours:
        signal.signal(signal.SIGTERM, terminated)
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        end()
        raise
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
