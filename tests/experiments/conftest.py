"""Scripts of experiments, run as from the command line, each with the modules of its own folder."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

EXPERIMENTS = Path(__file__).parents[2] / "experiments"

Script = Callable[..., dict[str, Any]]


def _forget() -> None:
    """Modules beside scripts have the same names in many folders."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).stem == name and EXPERIMENTS in Path(file).parents:
            del sys.modules[name]


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """No test sees a module that a script of another experiment has imported."""
    _forget()
    yield
    _forget()


@pytest.fixture
def script_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Script]:
    """Gives what runs a script of a folder with a command line, or loads it without one."""

    def of(folder: Path) -> Script:
        monkeypatch.syspath_prepend(str(folder))

        def run(name: str, *line: str) -> dict[str, Any]:
            monkeypatch.setattr(sys, "argv", [name, *line])
            return runpy.run_path(str(folder / name), run_name="__main__" if line else name)

        return run

    return of
