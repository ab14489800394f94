"""Networks that were trained apart, side by side on one readout.

Their readouts are leaky integrators with one time constant, so the mean of what they observe is
what one readout observes that hears all hidden populations with weights divided by their number.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import genprop as gp


def scores(run: Path) -> tuple[np.ndarray, np.ndarray]:
    """What the readout observes of the test letters, (letters, classes); and their labels."""
    simulator, experiment = gp.train.open_run(run)
    batches = list(experiment.split("test").batches(simulator.batch))
    found = [simulator.run(batch).scores for batch in batches]
    labels = [batch.labels for batch in batches if batch.labels is not None]
    return np.concatenate([each for each in found if each is not None]), np.concatenate(labels)


def measured(runs: list[Path], size: int) -> dict[str, object]:
    """Test accuracies of the runs, and of each ``size`` of them that follow each other together."""
    members = [scores(run) for run in runs]
    labels = members[0][1]
    if any(not np.array_equal(labels, found) for _, found in members):
        raise SystemExit("the runs have different test letters")

    def accuracy(group: list[tuple[np.ndarray, np.ndarray]]) -> float:
        together = np.sum([each for each, _ in group], axis=0)
        return float((together.argmax(axis=1) == labels).mean())

    groups = [members[k : k + size] for k in range(0, len(members) - size + 1, size)]
    together = [accuracy(group) for group in groups]
    return {
        "runs": [f"{run.parent.name}/{run.name}" for run in runs],
        "letters": len(labels),
        "alone": [accuracy([member]) for member in members],
        "size": size,
        "together": together,
        "mean": float(np.mean(together)),
        "sd": float(np.std(together, ddof=1)) if len(together) > 1 else None,
    }


def main() -> None:
    """Measure, print, and keep what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs")
    parser.add_argument("--size", type=int, default=3, help="how many together (default: 3)")
    parser.add_argument("--keep", type=Path, help="write the numbers here, as JSON")
    arguments = parser.parse_args()
    if not 1 <= arguments.size <= len(arguments.runs):
        parser.error(f"--size {arguments.size} is not between 1 and {len(arguments.runs)} runs")
    found = measured(arguments.runs, arguments.size)
    for name, value in found.items():
        print(f"{name}: {value}")
    if arguments.keep:
        arguments.keep.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
