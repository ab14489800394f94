"""Run one network in live Lava: ``python3.10 live_lava.py NETWORK.json TRACES.npz``.

Needs lava-nc 0.10.0 and numpy alone. The JSON holds cells, synapses and input counts as written by
``oracle.py``; the traces are u, v and spikes (steps, n) of every population.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np


def lava(name: str) -> Any:
    return importlib.import_module(f"lava.{name}")


def make_cells(given: dict[str, Any]) -> Any:
    numbers = dict(
        shape=(given["size"],),
        du=given["du"],
        dv=given["dv"],
        vth=given["vth"],
        bias_mant=np.asarray(given["bias"]) * np.ones(given["size"], int),
        bias_exp=np.asarray(given["bias_exponent"]) * np.ones(given["size"], int),
    )
    process = lava("proc.lif.process")
    if given["interval"]:
        return process.LIFReset(
            **numbers, reset_interval=given["interval"], reset_offset=given["offset"]
        )
    return process.LIF(**numbers)


def make_synapses(given: dict[str, Any]) -> Any:
    process = lava("proc.dense.process")
    numbers = dict(
        weights=np.array(given["weight"]).T,
        weight_exp=given["exponent"],
        num_weight_bits=given["bits"],
        num_message_bits=8 if given["graded"] else 0,
    )
    if given["delay"] is None:
        return process.Dense(**numbers)
    delay = np.ascontiguousarray(np.array(given["delay"], np.int64).T)
    return process.DelayDense(**numbers, delays=delay)


def main(network: Path, traces: Path) -> None:
    given = json.loads(network.read_text())
    counts = np.array(given["counts"])
    source = lava("proc.io.source").RingBuffer(data=counts.T.astype(np.int32))
    cells = {c["name"]: make_cells(c) for c in given["cells"]}
    sending = {"in": source.s_out, **{name: c.s_out for name, c in cells.items()}}
    for each in given["synapses"]:
        synapses = make_synapses(each)
        sending[each["pre"]].connect(synapses.s_in)
        synapses.a_out.connect(cells[each["post"]].a_in)
    sinks = {name: lava("proc.io.sink").RingBuffer(shape=c.s_out.shape, buffer=len(counts))
             for name, c in cells.items()}  # fmt: skip
    for name, sink in sinks.items():
        cells[name].s_out.connect(sink.a_in)
    configuration = lava("magma.core.run_configs").Loihi2SimCfg(select_tag="fixed_pt")
    condition = lava("magma.core.run_conditions").RunSteps(num_steps=1)
    found: dict[str, list[np.ndarray]] = {}
    try:
        for _ in range(len(counts)):
            source.run(condition=condition, run_cfg=configuration)
            for name, c in cells.items():
                found.setdefault(f"{name}.u", []).append(c.u.get().copy())
                found.setdefault(f"{name}.v", []).append(c.v.get().copy())
        recorded = {name: np.array(rows, np.int64) for name, rows in found.items()}
        for name, sink in sinks.items():
            recorded[f"{name}.spikes"] = sink.data.get().T.astype(bool)
    finally:
        source.stop()
    np.savez_compressed(traces, **recorded)  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
