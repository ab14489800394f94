"""Puts trained networks onto cores of Loihi 2, and counts the hops of their spikes.

By learned position, by index and by min-cut, for the spikes of the whole test set, at several sizes
of cores; writes placement.json. See README.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import genprop as gp

HERE = Path(__file__).parent
METHODS = ("position", "index", "min-cut")


def main() -> None:
    """Every run that was named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, help="of networks with positions")
    parser.add_argument("--neurons", nargs="+", type=int, default=[4, 8, 16], help="on a core")
    parser.add_argument("--output", type=Path, default=HERE / "placement.json")
    options = parser.parse_args()
    found = [placed(run, options.neurons) for run in options.runs]
    options.output.write_text(f"{json.dumps(found, indent=1)}\n", encoding="utf-8")
    for case in found:
        print(case)


def placed(run: Path, neurons: list[int]) -> dict[str, object]:
    """The hops per sample of one run's best network."""
    sim, experiment = gp.experiment.open_run(run, overrides=["compile.threads=1"])
    assert isinstance(sim, gp.Simulator) and isinstance(experiment.test, gp.data.Dataset)
    config = gp.experiment.read_config(run / "config.toml")
    chip = sim.retarget("loihi")
    right = total = spikes = 0
    for batch in experiment.test.batches(sim.batch):
        outcome = chip.run(batch)
        right += int((np.asarray(outcome.scores).argmax(axis=1) == batch.labels).sum())
        spikes += int(outcome.spikes["hidden"].sum())
        total += len(batch)
    sizes: dict[str, dict[str, float]] = {}
    for size in neurons:
        each = {m: chip.placement(m, neurons_per_core=size) for m in METHODS}
        sizes[str(size)] = {m: round(chip.hops(p), 1) for m, p in each.items()}
    return {
        "delays": config.options.get("delays", "2d"),
        "hidden": config.options.get("hidden", 128),
        "cost": config.options.get("cost", 0.0),
        "seed": config.seed,
        "samples": total,
        "accuracy on the chip": round(right / total, 4),
        "spikes per sample": round(spikes / total, 1),
        "hops per sample by neurons on a core": sizes,
    }


if __name__ == "__main__":
    main()
