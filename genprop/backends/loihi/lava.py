"""The network as a Lava program, and that program in an interpreter of its own.

Lava needs Python 3.10 and starts one process per Lava process, so it is never imported here: the
rendered program exchanges files, in a process group that is ended as a whole.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from genprop.emit.lava import render_lava
from genprop.errors import ToolchainError, UnsupportedError

if TYPE_CHECKING:
    from genprop.backends.loihi.integers import IntegerNetwork

__all__ = ["lava_python", "run_lava", "write_lava"]

_TAIL = 20  # lines of a log that an error shows
_REMEDY = (
    "python3.10 -m venv lava && lava/bin/pip install 'numpy<2' 'networkx<=2.8.7' 'asteval<0.10' "
    "lava-nc==0.10.0, then GENPROP_LAVA_PYTHON=lava/bin/python"
)


def write_lava(folder: str | Path, network: IntegerNetwork, name: str, digest: str) -> Path:
    """Write ``program.py`` and ``network.npz`` to ``folder``; gives the program's path.

    Raises:
        UnsupportedError: for populations with a reset interval, which the program has not.
    """
    if any(c.interval for c in network.cells):
        raise UnsupportedError(
            "a Lava program has no reset intervals", remedy="run one trial at a time"
        )
    keys = [f"{k}:{s.pre}->{s.post}" for k, s in enumerate(network.synapses)]
    bundle = render_lava(
        name,
        digest,
        sources=[{"name": source} for source in network.sources],
        cells=[
            {"name": c.name, "size": c.size, "du": c.du, "dv": c.dv, "vth": c.vth}
            for c in network.cells
        ],
        synapses=[
            {
                "key": key,
                "pre": s.pre,
                "post": s.post,
                "exponent": s.exponent,
                "bits": s.bits,
                "delayed": s.longest > 0,
                "graded": s.graded,
            }
            for key, s in zip(keys, network.synapses, strict=True)
        ],
    )
    place = Path(folder)
    bundle.write(place)
    arrays: dict[str, np.ndarray] = {}
    for c in network.cells:
        arrays[f"{c.name}.bias"] = np.broadcast_to(np.asarray(c.bias), c.size)
        arrays[f"{c.name}.bias_exponent"] = np.broadcast_to(np.asarray(c.bias_exponent), c.size)
    for key, s in zip(keys, network.synapses, strict=True):
        arrays[f"{key}.weight"] = np.ascontiguousarray(s.weight.T)
        if s.delay is not None:
            arrays[f"{key}.delay"] = np.ascontiguousarray(s.delay.T.astype(np.int64))
    np.savez_compressed(place / "network.npz", **arrays)  # pyright: ignore[reportArgumentType]
    return place / bundle.main


def run_lava(
    program: Path, counts: Mapping[str, np.ndarray], timeout: float
) -> dict[str, np.ndarray]:
    """Run a program of :func:`write_lava` on spike ``counts`` (steps, n) by source.

    Returns:
        u, v and spikes (steps, n) by ``"population.u"``, … .

    Raises:
        ToolchainError: without an interpreter that imports lava, or where the program fails or
            takes longer than ``timeout`` [s]; nothing is left running.
    """
    python = lava_python()
    with TemporaryDirectory() as folder:
        given, traces = Path(folder, "spikes.npz"), Path(folder, "traces.npz")
        np.savez_compressed(given, **counts)  # pyright: ignore[reportArgumentType]
        line = [python, str(program), "--input", str(given), "--output", str(traces)]
        _call(line, Path(folder, "log"), timeout)
        with np.load(traces) as found:
            return {name: found[name] for name in found.files}


def lava_python() -> str:
    """An interpreter that imports lava: ``$GENPROP_LAVA_PYTHON``, this one, or ``python3.10``.

    Raises:
        ToolchainError: where none does.
    """
    tried = [python for python in dict.fromkeys(_interpreters()) if python]
    for python in tried:
        if _imports_lava(python):
            return python
    raise ToolchainError(
        "no interpreter imports lava", where=", ".join(tried) or "PATH", remedy=_REMEDY
    )


def _interpreters() -> Iterator[str | None]:
    named = os.environ.get("GENPROP_LAVA_PYTHON", "")
    if named:
        yield named
    else:
        yield sys.executable
        yield shutil.which("python3.10")


@cache
def _imports_lava(python: str) -> bool:
    line = [python, "-c", "import lava.magma"]
    try:
        return subprocess.run(line, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _call(line: list[str], log: Path, timeout: float) -> None:
    """Run to the end, or end everything that was started."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
    if code != 0:
        what = f"ended with {code}" if code is not None else f"did not end within {timeout:g} s"
        words = log.read_text(errors="replace").splitlines()[-_TAIL:]
        raise ToolchainError(
            f"the Lava program {what}",
            where="\n".join([" ".join(line), *words]),
            remedy="give it more time (timeout=…), or fewer steps",
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and all its children; they are one session."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()
