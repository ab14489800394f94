"""``genprop doctor``: is everything there that genprop needs, and how to get what is not."""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata

from genprop._resources import data_dir
from genprop._version import __version__
from genprop.backends.loihi.files.lava_python import lava_python
from genprop.build import cache, find_toolchain
from genprop.build.compile import trial
from genprop.build.toolchain import cpu
from genprop.cli._command import Commands, add_command
from genprop.cli.cache import readable_size
from genprop.errors import GenpropError, InternalError, ToolchainError

__all__ = ["Finding", "add", "examine", "run"]

_OPTIONAL = (
    (
        "matplotlib",
        "matplotlib",
        "the charts of reports, and figures for papers",
        "pip install 'genprop[plot]'",
    ),
    (
        "tensorboardX",
        "tensorboardX",
        "event files for TensorBoard",
        "pip install 'genprop[tensorboard]'",
    ),
    ("soundfile", "soundfile", "recordings as WAV and FLAC", "pip install 'genprop[audio]'"),
    ("tonic", "tonic", "download of public data sets", "pip install 'genprop[data]'"),
    (
        "pygenn",
        "pygenn",
        "backend genn: the network as PyGeNN models that GeNN compiles, for CPUs and GPUs",
        "on no package index; install GeNN 5.4 by its guide, CUDA_PATH set for GPUs: "
        "https://genn-team.github.io",
    ),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``state`` is "ok", "missing" (needed) or "absent" (optional)."""

    name: str
    state: str
    text: str
    remedy: str = ""


def add(commands: Commands) -> None:
    """Register ``genprop doctor``."""
    add_command(
        commands,
        "doctor",
        "check compiler, processor, cache and optional parts, and say how to get what is missing",
        """genprop doctor                  look at everything; status 1 if something is missing
           CXX=clang++ genprop doctor      look at another compiler""",
    )


def run(args: argparse.Namespace) -> int:
    """Print what ``examine`` found; gives 1 where something that genprop needs is missing."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    del args
    marks = {"ok": ("✓", "green"), "missing": ("✗", "bold red"), "absent": ("·", "dim")}
    findings = list(examine())
    table = Table.grid(padding=(0, 2))
    for found in findings:
        text = Text(found.text)
        if found.remedy:
            text.append(
                f"\n→ {found.remedy}", style="yellow" if found.state == "missing" else "dim"
            )
        table.add_row(Text(*marks[found.state]), Text(found.name, style="bold"), text)
    Console(highlight=False).print(table)
    return int(any(found.state == "missing" for found in findings))


def examine() -> Iterator[Finding]:
    """Everything genprop stands on, in the order of need."""
    yield Finding("genprop", "ok", __version__)
    yield Finding("python", "ok", f"{platform.python_version()} ({sys.executable})")
    for name in ("numpy", "sympy", "jinja2", "h5py", "platformdirs", "rich", "tomlkit"):
        yield _library(name)
    yield _guarded("data", lambda: ", ".join(str(data_dir(n)) for n in ("templates", "models")))
    yield _guarded("compiler", _compiler)
    title = cpu().partition("\n")[0].partition(": ")[2] or cpu()
    yield Finding("processor", "ok", f"{title}, {_cores()} cores for this process")
    yield _guarded("cache", _cache)
    for module, package, use, way in _OPTIONAL:
        if importlib.util.find_spec(module) is None:
            yield Finding(package, "absent", f"not installed: {use}", way)
        else:
            yield Finding(package, "ok", f"{_version(package)}, {use}")
    yield _lava()


def _library(name: str) -> Finding:
    if importlib.util.find_spec(name) is None:
        return Finding(name, "missing", "not installed", f"{sys.executable} -m pip install {name}")
    return Finding(name, "ok", _version(name))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "installed"


def _lava() -> Finding:
    """The interpreter that runs Lava, often another than this one."""
    use = "the simulator of Loihi 2"
    try:
        return Finding("lava-nc", "ok", f"{lava_python()}, {use}")
    except ToolchainError as error:
        return Finding("lava-nc", "absent", f"not installed: {use}", error.remedy)


def _guarded(name: str, look: Callable[[], str]) -> Finding:
    """What ``look`` says, or the fault it met."""
    try:
        return Finding(name, "ok", look())
    except GenpropError as error:
        where = f" ({error.where})" if error.where else ""
        return Finding(name, "missing", error.what + where, error.remedy)
    except InternalError as error:
        return Finding(name, "missing", str(error))


def _compiler() -> str:
    chain = find_toolchain()
    return f"{chain.title}, compiles three lines in {trial(chain):.1f} s"


def _cache() -> str:
    cache.write_blob(cache.digest("doctor"), b"")
    found = cache.info()
    return f"{found.folder}, {found.entries} entries, {readable_size(found.size)}"


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
