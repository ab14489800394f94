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
    parser.add_argument("--nulls", type=int, default=20)
    parser.add_argument("--prune", action="store_true", help="also remove synapses and test")
    parser.add_argument("--output", type=Path, default=HERE / "results.json")
    options = parser.parse_args()
    results = [path for folder in options.folders for path in folder.rglob("result.json")]
    for path in sorted(results):
        stored = _stored(options.output)
        case = about(path.parent)
        if any(case.items() <= known.items() for known in stored):
            continue
        found = case | numbers(path) | looked_at(path.parent, options.nulls, options.prune)
        print(json.dumps(found), flush=True)
        ordered = sorted([*stored, found], key=lambda c: json.dumps([c[k] for k in case]))
        options.output.write_text(f"{json.dumps(ordered, indent=1)}\n", encoding="utf-8")


def about(run: Path) -> dict[str, Any]:
    """What a run was of: the options that vary, epochs and seed."""
    config = gp.experiment.read_config(run / "config.toml")
    known = OPTIONS | config.options
    return {name: known[name] for name in OPTIONS} | {"epochs": config.epochs, "seed": config.seed}


def numbers(result: Path) -> dict[str, Any]:
    """Accuracies at the epoch that validation chose, and how long it took."""
    stored = json.loads(result.read_text(encoding="utf-8"))
    return {
        "valid accuracy": round(stored["metrics"]["valid.accuracy"], 4),
        "test accuracy": round(stored["test"]["accuracy"], 4),
        "best epoch": stored["best_epoch"],
        "seconds": round(stored["seconds"]),
    }


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


def _stored(output: Path) -> list[dict[str, Any]]:
    return json.loads(output.read_text(encoding="utf-8")) if output.exists() else []


if __name__ == "__main__":
    main()
