"""The network as a Lava program, and that program in an interpreter of its own.

Lava needs Python 3.10 and starts one process per Lava process, so it is never imported here: the
rendered program exchanges files, in a process group that is ended as a whole.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from genprop._writing import writing
from genprop.backends.loihi.chip.incompatibilities import incompatibilities
from genprop.backends.loihi.files.lava_python import lava_python
from genprop.backends.loihi.files.process import run_group
from genprop.emit.lava import render_lava
from genprop.errors import ToolchainError, UnsupportedError, refuse_if

if TYPE_CHECKING:
    from genprop.backends.loihi.chip.integers import IntegerNetwork

__all__ = ["run_lava", "write_lava"]


def write_lava(folder: str | Path, network: IntegerNetwork, name: str, digest: str) -> Path:
    """Write ``program.py`` and ``network.npz`` to ``folder``; gives the program's path.

    Raises:
        UnsupportedError: for numbers beyond the chip, or populations with a reset interval, which
            the program has not.
    """
    refuse_if(incompatibilities(network))
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
    arrays: dict[str, np.ndarray] = {}
    for c in network.cells:
        arrays[f"{c.name}.bias"] = np.broadcast_to(np.asarray(c.bias), c.size)
        arrays[f"{c.name}.bias_exponent"] = np.broadcast_to(np.asarray(c.bias_exponent), c.size)
    for key, s in zip(keys, network.synapses, strict=True):
        arrays[f"{key}.weight"] = np.ascontiguousarray(s.weight.T)
        if s.delay is not None:
            arrays[f"{key}.delay"] = np.ascontiguousarray(s.delay.T.astype(np.int64))
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)  # pyright: ignore[reportArgumentType]
    with writing(place, "the Lava program"):
        bundle.write(place)
        (place / "network.npz").write_bytes(packed.getvalue())
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
        ended = run_group(line, timeout)
        if ended.code != 0 or not traces.exists():
            what = f"ended with {ended.code}"
            if ended.code is None:
                what = f"did not end within {timeout:g} s, and was ended with all it had started"
            raise ToolchainError(
                f"the Lava program {what}",
                where="\n".join([" ".join(line), *ended.tail]),
                remedy="give it more time (timeout=…), or fewer steps",
            )
        with np.load(traces) as found:
            return {name: found[name] for name in found.files}
