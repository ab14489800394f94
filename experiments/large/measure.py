"""Memory and time of sparse recurrent layers, size by size; see README.md. Writes results.json."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from network import CHANNELS, samples, simulator

HERE = Path(__file__).parent
SIZES = (
    (1_000, 0.1),
    (10_000, 0.01),
    (31_623, 0.00316),
    (100_000, 0.001),
    (100_000, 0.004),
    (100_000, 0.01),
)
"""Neurons, and the part of all pairs that has a synapse: 10⁵ to 10⁸ of them."""
SAMPLES, UPDATES = 4, 12


def main() -> None:
    """Every size in a process of its own, so that the most memory that it had is its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", nargs=2, type=float, help="one size: neurons, probability")
    parser.add_argument("--output", type=Path, default=HERE / "results.json")
    options = parser.parse_args()
    if options.size:
        print(json.dumps(one(int(options.size[0]), options.size[1])))
        return
    one_size = [sys.executable, __file__, "--size"]
    subprocess.run([*one_size, "100", "0.1"], check=True, capture_output=True)  # fills the cache
    rows = [
        json.loads(subprocess.check_output([*one_size, str(n), str(p)], text=True))
        for n, p in SIZES
    ]
    options.output.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    for row in rows:
        print(row)


def one(neurons: int, probability: float) -> dict[str, float]:
    """Compile, learn, and say what that took."""
    simulator(100, 0.1)  # what genprop and its libraries take by themselves
    before, started = resident(), time.perf_counter()
    sim = simulator(neurons, probability, batch=SAMPLES)
    compiled = time.perf_counter() - started
    data = samples(SAMPLES)
    losses: list[float] = []
    seconds: list[float] = []
    for _ in range(UPDATES):
        begun = time.process_time()
        loss, _ = sim.gradients(data)
        seconds.append(time.process_time() - begun)
        losses.append(loss)
        sim.step()
    synapses = {name: s.column.size for name, s in sim.topology.items()}
    whole = sum(synapses.values())
    spikes = sim.last.spikes["layer"]
    events = float((spikes * np.diff(sim.topology["layer->layer"].row_start)).sum())
    events += data.times.size * synapses["input->layer"] / CHANNELS
    memory = resident() - before
    return {
        "neurons": neurons,
        "probability": probability,
        "synapses": whole,
        "spikes of a neuron in a sample": round(float(spikes.mean()), 2),
        "compile [s]": round(compiled, 2),
        "a sample [s of a core]": round(min(seconds) / SAMPLES, 5),
        "a synaptic event, forwards and in reverse [ns]": round(min(seconds) / events * 1e9, 1),
        "most memory [MB]": round(memory, 1),
        "bytes of a synapse": round(memory * 1e6 / whole, 1),
        "loss before": round(losses[0], 4),
        "loss after": round(losses[-1], 4),
    }


def resident() -> float:
    """The most memory that this process had [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    main()
