"""The largest memory that a process took."""

from __future__ import annotations

import ctypes
import re
import resource
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak() -> float:
    """Of this program so far [MB].

    Linux counts in ``ru_maxrss`` also what the process held that began this one, which may be more.
    """
    found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text()) if STATUS.exists() else None
    kilobytes = int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / 1e3


def forget_peak() -> None:
    """Give back what is free, and let the peak begin anew at what is held; on Linux alone."""
    if CLEAR.exists():
        ctypes.CDLL(None).malloc_trim(0)
        CLEAR.write_text("5")
