"""Committees: networks that were trained apart decide together.

The probabilities that they give to a test letter are averaged. One network with all their hidden
neurons side by side could do as much.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import genprop as gp


def probabilities(run: Path) -> tuple[np.ndarray, np.ndarray]:
    """Of the test letters, (letters, classes), from the scores' softmax; and their labels."""
    simulator, experiment = gp.train.open_run(run)
    batches = list(experiment.split("test").batches(simulator.batch))
    found = [simulator.run(batch).scores for batch in batches]
    scores = np.concatenate([each for each in found if each is not None])
    labels = np.concatenate([batch.labels for batch in batches if batch.labels is not None])
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True), labels


def measured(runs: list[Path], size: int) -> dict[str, object]:
    """Test accuracies of the runs, and of committees of ``size`` that follow each other."""
    members = [probabilities(run) for run in runs]
    labels = members[0][1]
    if any(not np.array_equal(labels, found) for _, found in members):
        raise SystemExit("the runs have different test letters")

    def accuracy(group: list[tuple[np.ndarray, np.ndarray]]) -> float:
        together = np.sum([each for each, _ in group], axis=0)
        return float((together.argmax(axis=1) == labels).mean())

    groups = [members[k : k + size] for k in range(0, len(members) - size + 1, size)]
    together = [accuracy(group) for group in groups]
    return {
        "runs": [run.name for run in runs],
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
    parser.add_argument("--size", type=int, default=4, help="members of a committee (default: 4)")
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
