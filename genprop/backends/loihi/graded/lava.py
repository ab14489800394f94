"""Networks whose neurons send values as a Lava program."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop._writing import writing
from genprop.emit.graded_lava import GradedProcess, render_graded_lava
from genprop.errors import UnsupportedError, refuse_if

if TYPE_CHECKING:
    from genprop.backends.loihi.graded.integers import GradedIntegers

__all__ = ["write_graded_lava"]

_TAKEN = frozenset(["name", "run", "stop", "pause", "load", "save", "vars", "procs", "np", "model"])
"""Names that Lava's processes have themselves."""


def write_graded_lava(folder: str | Path, network: GradedIntegers, name: str, digest: str) -> Path:
    """Write ``program.py`` and ``network.npz`` to ``folder``; gives the program's path.

    Raises:
        UnsupportedError: for names that Lava's processes have themselves.
    """
    refuse_if(_taken(network))
    cells = [
        GradedProcess(
            c.name,
            c.size,
            c.inputs,
            c.values,
            dict(zip(c.states, c.initial, strict=True)),
            tuple(c.numbers),
            (*c.send, *c.advance),
        )
        for c in network.cells
    ]
    arrays: dict[str, np.ndarray] = {
        f"{c.name}.{n}": np.broadcast_to(x, c.size)
        for c in network.cells
        for n, x in c.numbers.items()
    }
    synapses: list[dict[str, object]] = []
    for k, s in enumerate(network.synapses):
        arrays[f"{k}:{s.name}.weight"] = np.ascontiguousarray(s.weight.T)
        synapses.append(
            {
                "name": s.name,
                "key": f"{k}:{s.name}",
                "pre": s.pre,
                "value": s.value,
                "post": s.post,
                "input": s.input,
                "exponent": s.exponent,
            }
        )
    bundle, place, packed = (
        render_graded_lava(name, digest, cells, synapses),
        Path(folder),
        io.BytesIO(),
    )
    np.savez_compressed(packed, **arrays)  # pyright: ignore[reportArgumentType]
    with writing(place, "the Lava program"):
        bundle.write(place)
        (place / "network.npz").write_bytes(packed.getvalue())
    return place / bundle.main


def _taken(network: GradedIntegers) -> Iterator[UnsupportedError]:
    for c in network.cells:
        for word in (*c.states, *c.inputs, *c.values, *c.numbers):
            if word in _TAKEN:
                yield UnsupportedError(
                    f"{word!r} is taken in a Lava process",
                    where=f"population {c.name}",
                    remedy="give the state, input, value or parameter another name",
                )
