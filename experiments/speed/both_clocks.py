"""Both clocks on the network of this experiment: one process, one thread, in turn.

The exact clock at dt 1 ms, beside the grid of 1 ms and a grid of 0.01 ms.

python experiments/speed/both_clocks.py
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import network
from spread import ratios

CLOCKS = (("grid", "grid", 1.0), ("exact", "exact", 1.0), ("fine grid", "grid", 0.01))
"""Name, clock and dt [ms]."""


def resident() -> float:
    """Memory of this process [MB], where the system tells."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * 4096 / 1e6 if status.exists() else float("nan")


def main() -> None:
    """Measure, print and keep the result beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=8, help="of a batch")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("both_clocks.json"))
    options = parser.parse_args()
    batch = network.batch(options.samples)
    sims, memory = {}, {}
    for name, clock, dt in CLOCKS:
        before = resident()
        sims[name] = network.simulator(samples=options.samples, clock=clock, dt=dt)
        sims[name].gradients(batch)
        memory[name] = round(resident() - before, 1)
    times: dict[str, list[float]] = {name: [] for name in sims}
    for _ in range(options.rounds):
        for name, sim in sims.items():
            begun = time.process_time()
            sim.gradients(batch)
            times[name].append((time.process_time() - begun) / options.samples * 1e3)
    found = {
        "ms of processor time per sample": {
            c: round(statistics.median(t), 2) for c, t in times.items()
        },
        "exact / grid": ratios(times["exact"], times["grid"]),
        "fine grid / exact": ratios(times["fine grid"], times["exact"]),
        "memory added, one after the other [MB]": memory,
        "samples": options.samples,
        "rounds": options.rounds,
    }
    options.output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
