"""The code of every network of the zoo is clean under each compiler of this machine."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genprop.adjoint.derive import derive
from genprop.build.toolchain import flags_for
from genprop.emit.render import render_native
from genprop.equations.analyse import understand
from genprop.lower.clocks.grid import TimeGrid
from genprop.lower.network import lower
from genprop.testing.zoo import NAMES, example

if TYPE_CHECKING:
    from genprop.emit.bundle import SourceBundle

COMPILERS = ("g++", "clang++", "clang++-14", "clang++-15", "clang++-16")
GOLDEN = Path(__file__).parents[1] / "golden" / "native"
FLAGS = ("-std=c++17", "-fopenmp-simd", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-I.")


@cache
def source(name: str, learning: bool) -> SourceBundle:
    chosen = example(name)
    spec = chosen.spec()
    if not learning:
        spec = dataclasses.replace(spec, loss=(), updates=())
    clock = TimeGrid.of(1.0, chosen.duration)
    return render_native(lower(spec, derive(understand(spec), spec), clock=clock), "float")


def complaints(compiler: str, bundle: SourceBundle, folder: Path) -> str:
    bundle.write(folder)
    line = [compiler, *FLAGS, "-fsyntax-only", bundle.main]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False).stderr


def no_complaints(names: tuple[str, ...], compiler: str, folder: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not on this machine: apt install clang")
    for name in names:
        for learning in (True, False):
            place = folder / f"{name}-{learning}"
            assert complaints(compiler, source(name, learning), place) == "", name


@pytest.mark.parametrize("compiler", COMPILERS)
def test_generated_code_is_clean(compiler: str, tmp_path: Path) -> None:
    no_complaints(("branched",), compiler, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", NAMES)
def test_the_code_of_every_network_is_clean(name: str, compiler: str, tmp_path: Path) -> None:
    no_complaints((name,), compiler, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", [folder.name for folder in sorted(GOLDEN.iterdir())])
def test_the_golden_sources_are_clean_with_the_flags_of_users(
    name: str, compiler: str, tmp_path: Path
) -> None:
    """Some warnings are found by what -O3 looks at."""
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not on this machine: apt install clang")
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True)
    (main,) = (GOLDEN / name).glob("*.cpp")
    line = [
        compiler,
        *flags_for(version.stdout),
        "-Werror",
        "-o",
        str(tmp_path / "x.so"),
        main.name,
    ]
    done = subprocess.run(line, cwd=main.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_conversion_that_narrows_is_complained_of(tmp_path: Path) -> None:
    bundle = source("feed_forward", True)
    text = dict(bundle.files)[bundle.main] + "\nint narrow(double x) { return x; }\n"
    files = tuple((path, text if path == bundle.main else old) for path, old in bundle.files)
    assert "narrow" in complaints("c++", dataclasses.replace(bundle, files=files), tmp_path)
