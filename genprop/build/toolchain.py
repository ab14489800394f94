"""The C++17 compiler that generated code is built with: which, what version, which flags."""

from __future__ import annotations

import functools
import importlib.util
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from genprop.build import cache
from genprop.errors import ToolchainError

__all__ = ["Toolchain", "cpu", "find_toolchain", "flags_for", "how_to_get_a_compiler"]

_ADDED = ("CXXFLAGS", "GENPROP_CXXFLAGS")
_CANDIDATES = ("c++", "g++", "clang++")
_FLAGS = (
    "-std=c++17",
    "-O3",
    "-march=native",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fopenmp-simd",
    "-shared",
    "-fPIC",
    "-pthread",
    "-I.",
    "-Wall",
    "-Wextra",
    "-Wconversion",
)


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A compiler that runs.

    Args:
        command: how it is called: ``("/usr/bin/c++",)``, ``(python, "-m", "ziglang", "c++")``.
        version: all it says to ``--version``.
        flags: the full flags of a build, those of ``CXXFLAGS`` and ``GENPROP_CXXFLAGS`` last.
    """

    command: tuple[str, ...]
    version: str
    flags: tuple[str, ...]

    @property
    def title(self) -> str:
        """The first line of the version."""
        return self.version.partition("\n")[0].strip()

    def line(self, source: str, library: str) -> tuple[str, ...]:
        """The command that compiles ``source`` into the shared library ``library``."""
        return (*self.command, *self.flags, "-o", library, source, *self._runtime())

    def _runtime(self) -> tuple[str, ...]:
        """The C++ library, where a C compiler is called, which does not link it by itself."""
        if re.fullmatch(r"(.*-)?(gcc|clang|cc|icx)(-[\d.]+)?", Path(self.command[0]).name) is None:
            return ()
        return ("-lc++",) if sys.platform == "darwin" else ("-lstdc++", "-lm")

    def identity(self) -> str:
        """Everything about compiler and machine that the binary depends on."""
        native = any(flag in ("-march=native", "-mcpu=native") for flag in self.flags)
        return "\n".join([self.version, *self.flags, cpu() if native else platform.machine()])


def find_toolchain(environment: Mapping[str, str] | None = None) -> Toolchain:
    """The first of ``CXX``, c++, g++, clang++ and the compiler in the ``ziglang`` wheel.

    ``CXXFLAGS`` and ``GENPROP_CXXFLAGS`` add flags behind genprop's own, so that they win: ``-O1``
    compiles faster.

    Raises:
        ToolchainError: where there is none, or ``CXX`` names one that is not there or does not run.
    """
    env = os.environ if environment is None else environment
    wanted = _words("CXX", env)
    if wanted:
        found = shutil.which(wanted[0], path=env.get("PATH"))
        if found is None:
            raise ToolchainError(
                f"CXX names {wanted[0]!r}, and there is no such program",
                where="environment variable CXX",
                remedy="unset CXX, or set it to a C++17 compiler",
            )
        return _toolchain_of((found, *wanted[1:]), Path(found), env)
    for name in _CANDIDATES:
        found = shutil.which(name, path=env.get("PATH"))
        if found is not None:
            return _toolchain_of((found,), Path(found), env)
    zig = _zig()
    if zig is not None:
        return _toolchain_of((sys.executable, "-m", "ziglang", "c++"), zig, env)
    raise ToolchainError(
        "no C++17 compiler was found (looked for CXX, c++, g++, clang++ and the ziglang wheel)",
        remedy=how_to_get_a_compiler(),
    )


def flags_for(version: str) -> tuple[str, ...]:
    """The flags of a build with the compiler that calls itself ``version``."""
    flags = _FLAGS
    if "clang" in version:  # clang warns where it does not vectorise a loop marked simd
        flags = (*flags, "-Wno-pass-failed")
    if sys.platform == "darwin" and platform.machine() == "arm64":
        flags = tuple("-mcpu=native" if flag == "-march=native" else flag for flag in flags)
    return flags


def how_to_get_a_compiler() -> str:
    """What to type on this platform to get a C++17 compiler."""
    anywhere = f"anywhere: {sys.executable} -m pip install ziglang (its first build takes minutes)"
    if sys.platform == "darwin":
        return f"install one: xcode-select --install; or, {anywhere}"
    if sys.platform == "win32":
        return "install genprop inside WSL (wsl --install), with: sudo apt install g++"
    return (
        "install one: sudo apt install g++ (Debian, Ubuntu), sudo dnf install gcc-c++ (Fedora), "
        "sudo pacman -S gcc (Arch), sudo apk add g++ (Alpine), conda install -c conda-forge "
        f"cxx-compiler (conda); or, {anywhere}"
    )


@functools.cache
def cpu() -> str:
    """The name and features of this machine's processor, one text for equal processors."""
    table = Path("/proc/cpuinfo")
    if table.is_file():
        wanted = ("model name", "flags", "Features", "CPU part", "CPU implementer", "uarch", "cpu")
        first = table.read_text(encoding="utf-8", errors="replace").split("\n\n", 1)[0]
        rows = [line for line in first.splitlines() if line.partition(":")[0].strip() in wanted]
        if rows:
            return "\n".join(" ".join(row.split()) for row in rows)
    if sys.platform == "darwin":
        completed = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if completed.stdout.strip():
            return completed.stdout.strip()
    return f"{platform.machine()} {platform.processor()}".strip()


def _zig() -> Path | None:
    """The file whose change means another compiler in the ``ziglang`` wheel; None without it."""
    spec = importlib.util.find_spec("ziglang")
    return Path(spec.origin) if spec is not None and spec.origin else None


def _toolchain_of(
    command: tuple[str, ...], program: Path, environment: Mapping[str, str]
) -> Toolchain:
    """The toolchain behind ``command``; its version is read once per state of ``program``."""
    state = program.resolve().stat()
    key = cache.digest("compiler", *command, str(state.st_mtime_ns), str(state.st_size))
    known = cache.read_blob(key)
    if known is None:
        known = _ask_version(command).encode()
        cache.write_blob(key, known)
    version = known.decode()
    added = [f for name in _ADDED for f in _words(name, environment)]
    return Toolchain(command, version, (*flags_for(version), *added))


def _words(name: str, environment: Mapping[str, str]) -> list[str]:
    """The words of an environment variable, quoted as for a shell."""
    try:
        return shlex.split(environment.get(name, ""))
    except ValueError as error:
        raise ToolchainError(
            f"{name} cannot be read ({error})",
            where=f"environment variable {name}",
            remedy="close every quotation mark",
        ) from error


def _ask_version(command: tuple[str, ...]) -> str:
    line = (*command, "--version")
    try:
        completed = subprocess.run(
            line, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise ToolchainError(
            f"the compiler does not run ({error.strerror})",
            where=shlex.join(line),
            remedy=how_to_get_a_compiler(),
        ) from error
    if completed.returncode != 0:
        raise ToolchainError(
            f"the compiler does not tell its version (exit status {completed.returncode}): "
            f"{completed.stderr.strip()[-500:]}",
            where=shlex.join(line),
            remedy=how_to_get_a_compiler(),
        )
    return completed.stdout.strip()
