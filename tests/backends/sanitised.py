"""Runs networks of the zoo in a process into which a sanitiser was loaded: it ends where one finds.

::

    python -m tests.backends.sanitised NETWORK[:exact] …       # within `environment(sanitiser)`
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from genprop.backends.native.target import Native
from genprop.build.compile import build
from genprop.describe.update import Adam
from genprop.testing.contract import Case, simulator
from genprop.testing.interpreted import recordable
from genprop.testing.zoo import NAMES

if TYPE_CHECKING:
    from genprop.backends.native.engine import NativeEngine
    from genprop.describe.spec import NetworkSpec
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.program import Program

RUNTIMES: Mapping[str, tuple[str, str]] = {
    "address": ("libasan.so", "-fsanitize=address,undefined -fno-sanitize-recover=undefined"),
    "thread": ("libtsan.so", "-fsanitize=thread"),
}
"""What is loaded before anything else, and the flags of the library."""
OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=66",  # Python itself keeps memory
    "UBSAN_OPTIONS": "print_stacktrace=1:exitcode=66",
    "TSAN_OPTIONS": "halt_on_error=1:exitcode=66:report_signal_unsafe=0",
}


def lacking(sanitiser: str) -> str:
    """Why this machine cannot run a sanitiser; nothing where it can."""
    if shutil.which("g++") is None:
        return "there is no g++"
    if not runtime(sanitiser).is_file():
        return f"g++ has no {RUNTIMES[sanitiser][0]}"
    return "" if shutil.which("setarch") else "there is no setarch, which fixes addresses"


def runtime(sanitiser: str) -> Path:
    return _library(RUNTIMES[sanitiser][0])


def _library(name: str) -> Path:
    line = ["g++", f"-print-file-name={name}"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    return Path(done.stdout.strip() or name).resolve()


def environment(sanitiser: str) -> dict[str, str]:
    """What the library is compiled with."""
    return {
        **os.environ,
        **OPTIONS,
        "CXX": "g++",
        "GENPROP_CXXFLAGS": f"-O0 -g1 {RUNTIMES[sanitiser][1]}",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }


def run_sanitised(sanitiser: str, code: list[str]) -> subprocess.CompletedProcess[str]:
    """Python with the sanitiser, at addresses that do not change (its own map wants that).

    The sanitiser looks for what throws exceptions when it is loaded, and Python itself has none.
    """
    both = f"{runtime(sanitiser)} {_library('libstdc++.so.6')}"
    loaded = {**environment(sanitiser), "LD_PRELOAD": both}
    line = ["setarch", platform.machine(), "-R", sys.executable, *code]
    return subprocess.run(line, env=loaded, capture_output=True, text=True, check=False)


class _BuiltError(Exception):
    """The library lies in the cache."""


class _Builder(Native):
    """Compiles and loads nothing, for which the process has no sanitiser."""

    def load(
        self, program: Program, spec: NetworkSpec, bundle: SourceBundle | None
    ) -> NativeEngine:
        assert bundle is not None
        build(bundle)
        raise _BuiltError


def runs() -> list[str]:
    """Every network of the zoo on the grid, and on the exact clock where that runs it.

    Flows that are not linear spike inside their steps, also in long ones, which are divided.
    """
    linear = [name for name in NAMES if Case(name, 0.5).example.linear]
    located = [f"{name}:coarse" for name in NAMES if name not in linear]
    exact = [f"{name}:exact" for name in linear if name != "no_reset"]  # refused there
    return [*NAMES, *located, *exact]


def two_batches(run: str, target: Native) -> None:
    """Two updates on two threads, and a run that records everything."""
    name, _, clock = run.partition(":")
    fine = not Case(name, 0.5).example.linear and clock != "coarse"
    dt = {"exact": 1.0}.get(clock, 0.1 if fine else 0.5)
    case = Case(name, dt, clock="exact" if clock == "exact" else "grid")
    sim = simulator(target, case, optimiser=Adam(1e-3))
    batch = case.example.batch()
    for _ in range(2):
        sim.gradients(batch)
        sim.step()
    located = [p.name for p in sim.program.populations if p.location is not None]
    sim.run(batch, record=[*recordable(sim), *(f"{name}.spike_times" for name in located)])


def main(names: list[str]) -> None:
    """Two batches of each network; before that, where nothing is loaded, what they need."""
    ready = "LD_PRELOAD" in os.environ
    for name in names:
        if ready:
            two_batches(name, Native(threads=2))
            print(name, flush=True)
        else:
            with contextlib.suppress(_BuiltError):
                two_batches(name, _Builder(threads=2))


if __name__ == "__main__":
    main(sys.argv[1:])
