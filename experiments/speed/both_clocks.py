"""Both clocks on the network of this experiment, dt 1 ms: one process, one thread, in turn.

python experiments/speed/both_clocks.py
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import network


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
    for clock in ("grid", "exact"):
        before = resident()
        sims[clock] = network.simulator(samples=options.samples, clock=clock)
        sims[clock].gradients(batch)
        memory[clock] = round(resident() - before, 1)
    times: dict[str, list[float]] = {clock: [] for clock in sims}
    for _ in range(options.rounds):
        for clock, sim in sims.items():
            begun = time.process_time()
            sim.gradients(batch)
            times[clock].append((time.process_time() - begun) / options.samples * 1e3)
    ratios = [exact / grid for exact, grid in zip(times["exact"], times["grid"], strict=True)]
    found = {
        "ms of processor time per sample": {
            c: round(statistics.median(t), 2) for c, t in times.items()
        },
        "exact / grid": {
            "min": round(min(ratios), 2),
            "median": round(statistics.median(ratios), 2),
            "max": round(max(ratios), 2),
        },
        "memory added, exact second [MB]": memory,
        "samples": options.samples,
        "rounds": options.rounds,
    }
    options.output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
