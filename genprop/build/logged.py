"""A compiler of a bundle, run beside its sources, with a log of its output."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

__all__ = ["run_logged"]


def run_logged(line: Sequence[str], place: Path) -> subprocess.CompletedProcess[str]:
    """Run ``line`` in ``place/source`` and keep its output in ``place/build.log``.

    Paths are relative, so the log stays true when the folder moves.
    """
    completed = subprocess.run(
        list(line),
        cwd=place / "source",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    log = (
        f"$ cd source && {shlex.join(line)}\n{completed.stdout}exit status {completed.returncode}\n"
    )
    (place / "build.log").write_text(log, encoding="utf-8")
    return completed
