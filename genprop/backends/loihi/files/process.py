"""A program in a process group of its own, which ends as a whole whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Ended", "run_group"]

_TAIL = 20  # last lines of an output


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit ``code``, None where its time was up, and its last lines."""

    code: int | None
    tail: tuple[str, ...]


def run_group(
    line: Sequence[str], timeout: float, show: Callable[[str], None] | None = None
) -> Ended:
    """Run a program to its end, or end it and all that it started when ``timeout`` [s] is over.

    Args:
        line: the program and its arguments; it reads nothing.
        timeout: [s].
        show: is given each line that the program writes, as it comes.

    Raises:
        OSError: where the program cannot be started.
    """
    tail: deque[str] = deque(maxlen=_TAIL)
    process = subprocess.Popen(
        list(line),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )

    def listen() -> None:
        assert process.stdout is not None
        for words in process.stdout:
            tail.append(words.rstrip())
            if show is not None:
                show(words.rstrip())

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    code = None
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(timeout)
    finally:
        _end(process)
        listener.join(timeout=5)
    return Ended(code, tuple(tail))


def _end(process: subprocess.Popen[str]) -> None:
    """End the process and all its children; they are one session."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()
