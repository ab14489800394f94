"""From a bundle to code that GeNN compiled, through the cache."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop._resources import cache_dir
from genprop.backends.genn.connectivity import connectivity_arrays
from genprop.backends.genn.pygenn import version
from genprop.build import cache
from genprop.build.logged import run_logged
from genprop.build.toolchain import cpu
from genprop.errors import ConfigurationError, ToolchainError

if TYPE_CHECKING:
    from genprop.describe.topology import Topology
    from genprop.emit.bundle import SourceBundle

__all__ = ["compiled"]

_TAIL = 40  # lines of GeNN's output that an error shows


def compiled(bundle: SourceBundle, topology: Topology, device: str, batch: int) -> Path:
    """The cache entry with ``source/`` and ``code/``: compiled now, or found.

    The key holds the text, the sparse connectivity (GeNN compiles the longest row in), PyGeNN's
    version, device, batch, compiler variables and processor.

    Raises:
        ToolchainError: where GeNN or its compiler refuses the model; shows the end of the log.
        ConfigurationError: where the cache cannot be written.
    """
    arrays = connectivity_arrays(topology)
    wiring = hashlib.sha256(b"".join(a.astype(np.int64).tobytes() for a in arrays.values()))
    chosen = [f"{name}={os.environ.get(name, '')}" for name in ("CXX", "CXXFLAGS", "CUDA_PATH")]
    words = (bundle.digest(), wiring.hexdigest(), version() or "", device, str(batch), *chosen)
    entry = cache_dir() / "builds" / cache.digest("genn", *words, cpu())
    if not _complete(entry):
        with cache.workplace("builds") as place:
            _compile(bundle, arrays, device, batch, place, entry.name)
            cache.install(place, entry, sound=_complete)
        if not _complete(entry):
            raise ConfigurationError(
                "the model was compiled, and its place in the cache cannot be written",
                where=str(entry),
                remedy="remove that folder, or set GENPROP_CACHE to a folder that you may write",
            )
    cache.touch(entry / "entry.json")
    return entry


def _complete(entry: Path) -> bool:
    return (entry / "entry.json").is_file() and any((entry / "code").glob("*_CODE/librunner*"))


def _compile(
    bundle: SourceBundle,
    arrays: dict[str, np.ndarray],
    device: str,
    batch: int,
    place: Path,
    name: str,
) -> None:
    """Write the program into ``place``, let it compile itself there, and leave a log."""
    source, code = place / "source", place / "code"
    bundle.write(source)
    code.mkdir()
    if arrays:
        np.savez(source / "connectivity.npz", allow_pickle=False, **arrays)
    line = [sys.executable, bundle.main, "--compile", "--code", "../code", "--device", device]
    line += ["--at-once", str(batch)]
    result = run_logged(line, place)
    if result.returncode != 0 or not any(code.glob("*_CODE/librunner*")):
        failed = cache_dir() / "failed" / name
        cache.install(place, failed, sound=lambda _: False)
        tail = "\n".join(result.stdout.splitlines()[-_TAIL:])
        raise ToolchainError(
            f"GeNN did not compile the model (exit status {result.returncode})\n{tail}",
            where=str(failed / "source"),
            remedy=f"the whole log is {failed / 'build.log'}; genprop doctor looks at the compiler",
        )
    (place / "entry.json").write_text(json.dumps({"genn": version()}) + "\n", encoding="utf-8")
