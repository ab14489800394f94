"""Which interpreter imports lava, and which could: lava-nc 0.10 needs Python 3.10."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from genprop._resources import cache_dir
from genprop.errors import ToolchainError

__all__ = ["UNFINISHED", "lava_folder", "lava_python", "python310"]

UNFINISHED = ".genprop-unfinished"
"""A file that an environment holds for as long as it is being made."""

_PATIENCE = 60.0  # [s] for an interpreter to report
_CHECK = "import ensurepip, sys, venv; raise SystemExit(sys.version_info[:2] != (3, 10))"


def lava_python() -> str:
    """An interpreter that imports lava.

    ``$GENPROP_LAVA_PYTHON`` where it is set; else this one, that of ``genprop lava setup``, or a
    Python 3.10 of the machine.

    Raises:
        ToolchainError: where none does.
    """
    tried = [python for python in dict.fromkeys(_candidates()) if python]
    for python in tried:
        if _imports_lava(python):
            return python
    named = os.environ.get("GENPROP_LAVA_PYTHON", "")
    raise ToolchainError(
        "no interpreter imports lava" + (", nor does $GENPROP_LAVA_PYTHON" if named else ""),
        where=", ".join(tried) or "PATH",
        remedy="genprop lava setup makes an environment for it, where there is a Python 3.10"
        + ("; unset GENPROP_LAVA_PYTHON to use that" if named else ""),
    )


def lava_folder() -> Path:
    """Where ``genprop lava setup`` makes its environment by default."""
    return cache_dir() / "lava"


def python310(named: str | None = None) -> str:
    """A Python 3.10 that can make environments: ``named``, else of PATH, of pyenv or of uv.

    Raises:
        ToolchainError: where there is none.
    """
    tried = [named] if named else [*dict.fromkeys(_pythons())]
    for python in tried:
        if _is_python310(python):
            return python
    raise ToolchainError(
        f"{named} is no Python 3.10 that can make environments"
        if named
        else "there is no Python 3.10 on this machine, and lava-nc 0.10 needs one",
        where=", ".join(tried) or "PATH, pyenv, uv",
        remedy="install it (pyenv install 3.10, uv python install 3.10, or your system's "
        "python3.10 with its venv), or name one: --python PATH",
    )


def _candidates() -> Iterator[str | None]:
    named = os.environ.get("GENPROP_LAVA_PYTHON", "")
    if named:
        yield named
        return
    yield sys.executable
    own = lava_folder()
    if not (own / UNFINISHED).exists() and (own / "bin" / "python").exists():
        yield str(own / "bin" / "python")
    yield shutil.which("python3.10")


def _pythons() -> Iterator[str]:
    """Where a Python 3.10 may be."""
    if sys.version_info[:2] == (3, 10):
        yield sys.executable
    found = shutil.which("python3.10")
    if found:
        yield found
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv")
    uv = Path(
        os.environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local" / "share" / "uv" / "python"
    )
    for place, pattern in ((pyenv / "versions", "3.10*"), (uv, "cpython-3.10*")):
        if place.is_dir():
            yield from (str(p) for p in sorted(place.glob(f"{pattern}/bin/python3.10")))


@cache
def _imports_lava(python: str) -> bool:
    return _succeeds(python, "import lava.magma")


@cache
def _is_python310(python: str) -> bool:
    """Whether it is a Python 3.10 with venv; a shim of pyenv may be none."""
    return _succeeds(python, _CHECK)


def _succeeds(python: str, words: str) -> bool:
    line = [python, "-c", words]
    try:
        return subprocess.run(line, capture_output=True, timeout=_PATIENCE).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
