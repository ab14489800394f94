"""What a process printed into a pipe, until the other side has read it."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from typing import TextIO

__all__ = ["wait_until_read"]

_AT_MOST = 5.0
"""[s]"""


def wait_until_read(stream: TextIO) -> None:
    """Flush, and wait for a while until a pipe is empty; other files keep what they are given.

    mpirun forwards what its ranks print, and throws away what a pipe still holds when one of them
    ends all.
    """
    with contextlib.suppress(OSError, ImportError):  # closed, or a system without such questions
        import fcntl
        import termios

        stream.flush()
        pipe, until = stream.fileno(), time.monotonic() + _AT_MOST
        if not stat.S_ISFIFO(os.fstat(pipe).st_mode):
            return
        while any(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4))) and time.monotonic() < until:
            time.sleep(0.01)
