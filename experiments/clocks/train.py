"""Trains an experiment with both clocks, the same seeds and epochs; see README.md.

Writes accuracy/TASK.json. A run that is there already, with the same settings, is not run again, so
that several processes may train with different --values.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from machine import machine
from tasks import TASKS, Clock, Task

import genprop as gp

HERE = Path(__file__).parent


def main() -> None:
    """Train every task that was named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="+", choices=TASKS)
    parser.add_argument("--set", action="append", default=[], help="a setting besides, for all")
    parser.add_argument("--values", nargs="+", type=float, help="seeds (or lags), if not all")
    parser.add_argument("--output", type=Path, default=HERE / "accuracy", help="a folder")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for name in options.tasks:
        task = TASKS[name]
        train_all(
            task, options.values or task.repeat[1], options.set, options.output / f"{name}.json"
        )


def train_all(task: Task, values: Sequence[float], more: list[str], output: Path) -> None:
    """Every clock with every value of what is repeated; written after each run."""
    about: dict[str, object] = {
        "toml": task.toml.relative_to(HERE.parent).as_posix(),
        "settings": [*task.settings, *(s for s in more if not s.startswith("options.data"))],
        "repeat": task.repeat[0],
    }
    for value in values:
        for clock in task.clocks:
            key = str(clock), value
            if key not in _done(output, about):
                run = train_one(task, clock, value, more)
                done = _done(output, about) | {key: run}
                order = [(str(c), v) for c in task.clocks for v in sorted({v for _, v in done})]
                runs = [done[k] for k in order if k in done]
                found = about | {"machine": machine(), "runs": runs}
                output.write_text(f"{json.dumps(found, indent=1)}\n", encoding="utf-8")
            print(_line(_done(output, about)[key]), flush=True)


def _done(output: Path, about: dict[str, object]) -> dict[tuple[str, float], dict[str, object]]:
    """The runs that are there, of the same settings, by clock and value."""
    stored = json.loads(output.read_text(encoding="utf-8")) if output.exists() else {}
    if any(stored.get(key) != value for key, value in about.items()):
        return {}
    return {(run["clock"], run["value"]): run for run in stored["runs"]}


def train_one(task: Task, clock: Clock, value: float, more: list[str]) -> dict[str, object]:
    """One training: the epoch is chosen by validation, the test set is looked at once for it.

    The same parameters are then tested on the exact clock too, at 1 ms: what the network that was
    trained on a grid does when nothing is rounded.
    """
    config = task.config(clock, value, more)
    with TemporaryDirectory() as place:
        run = Path(place) / "run"
        result = gp.experiment.train_run(config, run, progress=False)
        lines = (run / "history.jsonl").read_text(encoding="utf-8").splitlines()
        curve = gp.train.History([gp.train.Record.parse(line) for line in lines])
        split = "valid" if result["test"] is None else "test"
        own = gp.experiment.evaluate_run(run, split)
        exact = gp.experiment.evaluate_run(run, split, overrides=Clock("exact", 1).settings)
    return {
        "clock": str(clock),
        "value": value,
        "best epoch": result["best_epoch"],
        "valid accuracy": [round(float(a), 4) for a in curve["valid.accuracy"]],
        "train loss": [round(float(x), 5) for x in curve["train.loss"]],
        "tested on": split,
        "accuracy": round(float(own.accuracy or 0), 4),
        "accuracy on the exact clock": round(float(exact.accuracy or 0), 4),
        "hidden spikes": round(float(own.spikes["hidden"].mean()), 3),
        "hidden spikes on the exact clock": round(float(exact.spikes["hidden"].mean()), 3),
        "wall seconds per epoch": round(sum(record.seconds for record in curve) / len(curve), 3),
    }


def _line(run: dict[str, object]) -> str:
    curve = run["valid accuracy"]
    assert isinstance(curve, list)
    names = ("clock", "value", "best epoch", "accuracy", "accuracy on the exact clock")
    shown = "  ".join(f"{name} {run[name]}" for name in names)
    return f"{shown}  spikes {run['hidden spikes']}  last valid {curve[-1]}"


if __name__ == "__main__":
    main()
