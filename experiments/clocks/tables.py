"""Prints the tables of README.md from the results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tasks import TASKS

HERE = Path(__file__).parent
Found = Mapping[str, Any]


def main() -> None:
    """All that was measured."""
    times = _read(HERE / "times.json")
    for name in TASKS:
        if runs := _read(HERE / "accuracy" / f"{name}.json"):
            print(f"\n{name}, {runs['repeat']}\n{accuracy(runs, times.get(name, {}))}")
    for name, found in _read(HERE / "truth.json").items():
        print(f"\n{name} network, against {found['measured against']}\n{errors(found)}")
        print(found["claim"])


def accuracy(task: Found, times: Found) -> str:
    """A row per clock: mean ± standard deviation, single runs, time of an epoch, spikes."""
    rows = []
    for clock in dict.fromkeys(run["clock"] for run in task["runs"]):
        runs = [run for run in task["runs"] if run["clock"] == clock]
        spent = times.get("clocks", {}).get(clock)
        rows.append(
            [
                f"{clock} ms",
                _percent([run["accuracy"] for run in runs]),
                ", ".join(f"{100 * run['accuracy']:.1f}" for run in runs),
                _percent([run["accuracy on the exact clock"] for run in runs]),
                ", ".join(str(run["best epoch"]) for run in runs),
                f"{np.mean([run['hidden spikes'] for run in runs]):.3g}",
                f"{spent['seconds per epoch']:.3g} s" if spent else "",
                _spread(spent["of grid 1"]) if spent else "",
            ]
        )
    head = ("clock", "test accuracy", "single runs", "the same on the exact clock", "best epoch")
    return _table((*head, "spikes per neuron", "epoch", "of grid 1 ms"), rows)


def errors(network: Found) -> str:
    """A row per clock: error and cosine of hidden weights and delays, time of a sample."""
    rows = []
    for clock, found in network["clocks"].items():
        row = [f"{clock} ms", f"{found['draws with the exact spike counts']} of {network['draws']}"]
        row += [_spread(found[f"error of {role}"]) for role in ("weights", "delays")]
        row += [f"{found[f'cosine of {r}']['median']:.3g}" for r in ("weights", "delays")]
        row += [f"{found['ms per sample']['median']:.3g}", _spread(found["of grid 1"])]
        rows.append(row)
    head = ("clock", "spike counts right", "error of weights", "error of delays")
    cosines = ("cosine, weights", "cosine, delays")
    return _table((*head, *cosines, "ms per sample", "of grid 1 ms"), rows)


def _percent(values: Sequence[float]) -> str:
    deviation = f" ± {100 * np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    return f"{100 * np.mean(values):.1f}{deviation} %"


def _spread(found: Found) -> str:
    return f"{found['median']:.2g} ({found['min']:.2g} … {found['max']:.2g})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _read(path: Path) -> Found:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


if __name__ == "__main__":
    main()
