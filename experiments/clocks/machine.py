"""What figures were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from pathlib import Path

import genprop as gp


def machine() -> dict[str, object]:
    """Processor, compiler, versions and load."""
    compiler = subprocess.run(["c++", "--version"], capture_output=True, text=True, check=False)
    return {
        "processor": _processor(),
        "load": [round(x, 1) for x in os.getloadavg()],
        "compiler": (compiler.stdout.splitlines() or ["unknown"])[0],
        "python": platform.python_version(),
        "genprop": gp.__version__,
        "date": time.strftime("%Y-%m-%d"),
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    lines = [line for line in text.splitlines() if line.startswith("model name")]
    return lines[0].partition(":")[2].strip() if lines else platform.processor()
