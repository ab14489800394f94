"""Run a NetX file by its public reader: ``python3.10 live_netx.py NET.net COUNTS.npy OUT.npz``.

Needs lava-nc 0.10, lava-dl 0.6, h5py and numpy. ``--probe`` alone only imports the reader. lava-dl
imports torch and its own trainer, which the reader does not use for CUBA neurons; where torch is
missing, empty stand-ins take their place.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np

TRAINING = ("torch", "lava.lib.dl.slayer")


class StandIn:
    """Imports what training needs, and whatever is below it, as something that can nothing."""

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if not f"{name}.".startswith(tuple(f"{n}." for n in TRAINING)):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Any:
        module: Any = MagicMock(name=spec.name)
        module.__path__, module.__spec__, module.__name__ = [], spec, spec.name
        module.nn.Module = module.Module = object
        return module

    def exec_module(self, module: Any) -> None: ...


def lava(name: str) -> Any:
    return importlib.import_module(f"lava.{name}")


def reader() -> Any:
    """The module with ``Network``."""
    if importlib.util.find_spec("torch") is None:
        sys.meta_path.insert(0, StandIn())  # type: ignore[arg-type]
    return lava("lib.dl.netx.hdf5")


def main(path: str, counts: Path, traces: Path) -> None:
    given = np.load(counts)
    net = reader().Network(net_config=path)
    source = lava("proc.io.source").RingBuffer(data=given.T.astype(np.int32))
    sink = lava("proc.io.sink").RingBuffer(shape=net.out.shape, buffer=len(given))
    source.s_out.connect(net.inp)
    net.out.connect(sink.a_in)
    configuration = lava("magma.core.run_configs").Loihi2SimCfg(select_tag="fixed_pt")
    condition = lava("magma.core.run_conditions").RunSteps(num_steps=1)
    found: dict[str, list[np.ndarray]] = {}
    try:
        for _ in range(len(given)):
            source.run(condition=condition, run_cfg=configuration)
            for k, layer in enumerate(net.layers, 1):
                found.setdefault(f"layer{k}.u", []).append(layer.neuron.u.get().copy())
                found.setdefault(f"layer{k}.v", []).append(layer.neuron.v.get().copy())
        recorded = {name: np.array(rows, np.int64) for name, rows in found.items()}
        recorded[f"layer{len(net.layers)}.spikes"] = sink.data.get().T.astype(bool)
    finally:
        source.stop()
    np.savez_compressed(traces, **recorded)  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    if sys.argv[1:] == ["--probe"]:
        reader()
    else:
        main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
