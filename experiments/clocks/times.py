"""Measures what a training batch costs with both clocks; see README.md. Writes times.json."""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path

from machine import machine
from paired import paired, ratios, spread
from tasks import TASKS, Task

import genprop as gp

HERE = Path(__file__).parent
BATCHES = 2
"""That a round learns from."""


def main() -> None:
    """Measure every task that was named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="+", choices=TASKS)
    parser.add_argument("--set", action="append", default=[], help="a setting besides, for all")
    parser.add_argument("--clocks", nargs="+", help='such as "grid 1", the first; if not all')
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=Path, default=HERE / "times.json")
    options = parser.parse_args()
    stored = json.loads(options.output.read_text("utf-8")) if options.output.exists() else {}
    for name in options.tasks:
        stored[name] = measured(TASKS[name], options.clocks, options.set, options.rounds)
        options.output.write_text(f"{json.dumps(stored, indent=1)}\n", encoding="utf-8")
        for clock, found in stored[name]["clocks"].items():
            print(name, clock, found, flush=True)


def measured(
    task: Task, clocks: list[str] | None, more: list[str], rounds: int
) -> dict[str, object]:
    """Gradients on every clock, of the same batches at the initial parameters of the first seed.

    Nothing is updated, so that each round does the same work.
    """
    experiment = gp.experiment.load_experiment(task.config(task.clocks[0], None, more))
    chosen = [c for c in task.clocks if clocks is None or str(c) in clocks]
    configs = {str(clock): task.config(clock, None, more) for clock in chosen}
    sims = {name: compiled(experiment, config) for name, config in configs.items()}
    first, samples = str(chosen[0]), len(experiment.train)
    drawn = experiment.train.batches(sims[first].batch, seed=(1, 0))
    batches = list(itertools.islice(drawn, BATCHES))
    size = sum(map(len, batches))
    times = paired(
        {n: (lambda s=s: [s.gradients(b) for b in batches]) for n, s in sims.items()}, rounds
    )
    runs = paired({n: (lambda s=s: [s.run(b) for b in batches]) for n, s in sims.items()}, rounds)
    found = {
        name: {
            "ms per sample": spread([1e3 * t / size for t in times[name]]),
            "of it forward": spread([1e3 * t / size for t in runs[name]]),
            "seconds per epoch": round(spread(times[name])["median"] / size * samples, 4),
            f"of {first}": ratios(times[name], times[first]),
        }
        for name in times
    }
    return {"machine": machine(), "rounds": rounds, "training samples": samples, "clocks": found}


def compiled(experiment: gp.Experiment, config: gp.experiment.Config) -> gp.Simulator:
    """The network of a task, one thread, its initial parameters from the config's seed."""
    assert experiment.net is not None
    return gp.compile(
        experiment.net,
        loss=experiment.loss,
        optimiser=experiment.optimiser,
        dt=float(str(config.compile["dt"])),
        duration=float(str(config.compile["duration"])),
        batch=int(str(config.compile["batch"])),
        backend=gp.Native(threads=1),
        clock=str(config.compile["clock"]),
        seed=config.seed,
    )


if __name__ == "__main__":
    main()
