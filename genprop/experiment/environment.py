"""On what a training ran: versions, compiler, processor, revision."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from genprop._version import __version__
from genprop.errors import GenpropError

__all__ = ["describe_environment"]


def describe_environment(folder: Path) -> dict[str, object]:
    """Everything beside the settings that a number may depend on.

    Args:
        folder: of the experiment, for its git revision.
    """
    return {
        "genprop": __version__,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in ("numpy", "h5py", "sympy", "jinja2")},
        "compiler": _compiler(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": _cores(),
        "revision": _revision(folder),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _compiler() -> str | None:
    from genprop.build import find_toolchain

    try:
        return find_toolchain().title
    except GenpropError:
        return None


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _revision(folder: Path) -> str | None:
    """The commit of the folder's repository, ``+`` appended where files were changed since."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+" if changed else "")


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    return done.stdout.strip()
