"""From a bundle of sources to a shared library, through the cache."""

from __future__ import annotations

import ctypes
import hashlib
import json
import shlex
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genprop._resources import cache_dir
from genprop.build import cache
from genprop.build.logged import run_logged
from genprop.build.toolchain import Toolchain, find_toolchain
from genprop.emit.bundle import SourceBundle
from genprop.errors import ConfigurationError, ToolchainError

if TYPE_CHECKING:
    import subprocess

__all__ = ["Artifact", "build", "build_key", "load_library", "trial"]

_SUFFIX = ".dylib" if sys.platform == "darwin" else ".so"
_TAIL = 40  # lines of a compiler's log that an error shows


@dataclass(frozen=True, slots=True)
class Artifact:
    """A library ready to load.

    Args:
        path: the shared library.
        log: the file with the command and the compiler output; the sources lie beside it.
        seconds: how long ``build`` took, [s].
        cached: whether it was there already.
    """

    path: Path
    log: Path
    seconds: float
    cached: bool

    @property
    def sources(self) -> Path:
        """The folder with the sources it was compiled from."""
        return self.log.parent / "source"


def build(bundle: SourceBundle, toolchain: Toolchain | None = None) -> Artifact:
    """Compile ``bundle``, or find what an equal bundle gave under the same compiler and flags.

    Raises:
        ToolchainError: without a compiler, or with one that refuses the sources; the message shows
            the command, the end of the log and where the sources are kept.
        ConfigurationError: where the cache folder cannot be written.
    """
    started = time.perf_counter()
    chain = toolchain or find_toolchain()
    key = build_key(bundle, chain)
    entry = cache_dir() / "builds" / key
    cache.refuse_shared(entry.parent)
    library = _library_of(entry)
    cached = library is not None
    if library is None:
        library = _compile_into(entry, bundle, chain)
    return Artifact(library, entry / "build.log", time.perf_counter() - started, cached)


def trial(toolchain: Toolchain) -> float:
    """The seconds that three lines take to compile and run, outside of the cache.

    Raises:
        ToolchainError: where they do not.
    """
    text = (
        "#include <thread>\n#include <vector>\n"
        'extern "C" int trial() {\n'
        "    std::vector<int> parts(2, 20);\n"
        "    std::thread other([&parts] { parts[1] += 2; });\n"
        "    other.join();\n"
        "    return parts[0] + parts[1];\n"
        "}\n"
    )
    bundle = SourceBundle("trial", (("trial.cpp", text),), "trial.cpp")
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="genprop-") as place:
        completed = _run(bundle, toolchain, f"trial{_SUFFIX}", Path(place))
        if completed.returncode != 0:
            raise _refusal(completed, toolchain, Path(place))
        if load_library(Path(place) / f"trial{_SUFFIX}").trial() != 42:
            raise ToolchainError("the compiler gave a program that computes something else")
    return time.perf_counter() - started


def load_library(path: Path) -> ctypes.CDLL:
    """The shared library at ``path``, loaded.

    Raises:
        ToolchainError: where the system cannot load it.
    """
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise ToolchainError(
            f"what was compiled cannot be loaded ({error})",
            where=str(path),
            remedy="name a C++ compiler of this machine through CXX (genprop doctor checks it), "
            "and look at CXXFLAGS",
        ) from error


def build_key(bundle: SourceBundle, toolchain: Toolchain) -> str:
    """The key of a build: files, compiler version, full flags and, for native code, the CPU."""
    return cache.digest("build", bundle.digest(), *toolchain.command, toolchain.identity())


def _library_of(entry: Path) -> Path | None:
    """The library in a cache entry; None where there is no entry, or it is damaged."""
    manifest = entry / "entry.json"
    try:
        record = json.loads(manifest.read_text(encoding="utf-8"))
        library = entry / record["library"]
        content = library.read_bytes() if cache.owned(library) else b""
        if hashlib.sha256(content).hexdigest() != record["sha256"]:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    cache.touch(manifest)
    return library


def _compile_into(entry: Path, bundle: SourceBundle, chain: Toolchain) -> Path:
    """Compile in a temporary folder, move it to ``entry`` and give the library there."""
    name = f"{bundle.name}{_SUFFIX}"
    with cache.workplace("builds") as place:
        completed = _run(bundle, chain, name, place)
        if completed.returncode != 0:
            failed = cache_dir() / "failed" / entry.name
            cache.install(place, failed, sound=lambda _: False)
            raise _refusal(completed, chain, failed)
        (place / name).chmod(0o755)  # whatever the umask: others may not write what is loaded
        checksum = hashlib.sha256((place / name).read_bytes()).hexdigest()
        record = json.dumps({"library": name, "sha256": checksum})
        (place / "entry.json").write_text(f"{record}\n", encoding="utf-8")
        cache.install(place, entry, sound=lambda found: _library_of(found) is not None)
    installed = _library_of(entry)  # ours, or that of another builder who was faster
    if installed is None:
        raise ConfigurationError(
            "the library was compiled, and its place in the cache cannot be written",
            where=str(entry),
            remedy="remove that folder, or set GENPROP_CACHE to a folder that you may write",
        )
    return installed


def _run(
    bundle: SourceBundle, chain: Toolchain, name: str, place: Path
) -> subprocess.CompletedProcess[str]:
    """Write the sources into ``place``, compile them there to ``name`` and leave a log."""
    bundle.write(place / "source")
    return run_logged(chain.line(bundle.main, f"../{name}"), place)


def _refusal(
    completed: subprocess.CompletedProcess[str], chain: Toolchain, failed: Path
) -> ToolchainError:
    """The error of a compile whose folder is now ``failed``."""
    tail = "\n".join(completed.stdout.splitlines()[-_TAIL:])
    return ToolchainError(
        f"the compiler refused the generated code (exit status {completed.returncode})\n"
        f"  command: {shlex.join(completed.args)}\n"
        f"  compiler: {chain.title}\n{tail}",
        where=str(failed / "source"),
        remedy=f"the whole log is {failed / 'build.log'}; try another compiler through CXX "
        "(genprop doctor checks it), or report it with these files",
    )
