"""Gathers finished runs and looks at their recurrent connections; writes results.json.

Accuracies; modularity and wiring efficiency beside nulls; and, of runs that were named so, the test
accuracy after synapses were removed: the longest, the weakest, or any. A run that is there already
is not looked at again. Needs ``pip install 'genprop[analysis]'``. See README.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

import genprop as gp

HERE = Path(__file__).parent
PROJECTION = "hidden->hidden"
OPTIONS = {"hidden": 128, "delays": "2d", "l1": 0.0, "cost": 0.0}
"""Options that vary, and what they are where a run does not name them."""


def main() -> None:
    """Every run below the folders that were named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="of sweeps, or of single runs")
    parser.add_argument("--nulls", type=int, default=20, help="of each measure")
    parser.add_argument("--prune", action="store_true", help="also remove synapses and test")
    parser.add_argument("--output", type=Path, default=HERE / "results.json", help="table of runs")
    options = parser.parse_args()
    gp.experiment.gather(
        options.folders,
        options.output,
        OPTIONS,
        lambda run: looked_at(run, options.nulls, options.prune),
        tell=lambda row: print(json.dumps(row), flush=True),
    )


def looked_at(run: Path, nulls: int, prune: bool) -> dict[str, Any]:
    """The measures of the best network of a run."""
    sim, experiment = gp.experiment.open_run(run, overrides=["compile.threads=1"])
    assert isinstance(sim, gp.Simulator) and isinstance(experiment.test, gp.data.Dataset)
    synapses = gp.analysis.connections(sim, PROJECTION)
    modularity = gp.analysis.modularity(synapses, nulls=nulls)
    found: dict[str, Any] = {
        "learned delay numbers": learned(sim),
        "modularity": compared(modularity),
    }
    rules = ["magnitude", "chance"]
    if synapses.places is not None or np.unique(synapses.delay).size > 1:
        efficiency = gp.analysis.wiring_efficiency(synapses, nulls=nulls)
        found["wiring efficiency"] = compared(efficiency)
        found["mean length"] = round(float(synapses.length.mean()), 3)
        rules.append("length")
    if prune:
        curves = {
            by: gp.analysis.pruning_curve(sim, experiment.test, PROJECTION, by=by, repeats=3)
            for by in rules
        }
        found["removed"] = curves["chance"].fractions.tolist()
        found |= {
            f"removed by {by}": [round(float(a), 4) for a in curve.accuracy.mean(axis=0)]
            for by, curve in curves.items()
        }
    return found


def learned(sim: gp.Simulator) -> int:
    """How many numbers decide about the recurrent connections' delays, and are learned."""
    names = ("hidden.position", f"{PROJECTION}.delay", f"{PROJECTION}.axonal_delay")
    return sum(sim.parameters[name].size for name in names if name in sim.settings)


def compared(measure: gp.analysis.Compared) -> dict[str, float]:
    """A measure and its nulls, to four places."""
    rounded = {"value": measure.value, "nulls": measure.mean, "sd of nulls": measure.deviation}
    return {name: round(float(number), 4) for name, number in rounded.items()}


if __name__ == "__main__":
    main()
