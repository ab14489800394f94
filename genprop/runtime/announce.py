"""A word on what takes longer than a moment, so that silence never looks like a hang."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from threading import Timer

__all__ = ["MOMENT", "announced"]

MOMENT = 3.0
"""[s]"""


@contextmanager
def announced(what: str, after: float = MOMENT) -> Generator[None, None, None]:
    """Write ``what`` to stderr if the block is still running ``after`` so many seconds."""
    timer = Timer(after, _write, [f"genprop: {what} ..."])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _write(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
