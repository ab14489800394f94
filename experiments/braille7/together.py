"""One network of several that were trained apart: their hidden populations side by side.

All readouts are leaky integrators with the same time constants, so one readout that hears every
hidden population, with weights divided by their number, observes the mean of what theirs observe.
Runs are of moving.py, all with the same number of classes and channels.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import genprop as gp

sys.path.insert(0, str(Path(__file__).parent))
from moving import TAU, cell, current, readout, second_dendrite

if TYPE_CHECKING:
    from genprop.describe.population import Population
    from genprop.train.surface import Trainable


def together(runs: list[Path]) -> tuple[gp.Simulator, gp.Experiment]:
    """The network of all ``runs``, with what they learned; and the experiment of the first."""
    opened = [gp.experiment.open_run(run) for run in runs]
    first, experiment = opened[0]
    degree = sum(name.startswith("out") for name in first.parameters) - 1
    net = gp.Network("together")
    source = net.population("input", first.spec.population("input").size, gp.spikes())
    classes = first.spec.population("out").size
    out = net.population("out", classes, readout(degree, first.duration))
    for number, (simulator, _) in enumerate(opened):
        add_hidden(net, source, out, simulator, f"_{number}", len(runs))
    loss = gp.CrossEntropy(gp.integral(out, "v"))
    return gp.compile(
        net, loss=loss, dt=first.dt, duration=first.duration, batch=32, clock="grid"
    ), experiment


def add_hidden(
    net: gp.Network,
    source: Population,
    out: Population,
    part: Trainable,
    ending: str,
    of: int,
) -> None:
    """The hidden population of one of ``of`` parts, with its synapses as they were learned."""
    neurons = part.spec.population("hidden")
    kind = "lif" if neurons.neuron is None else neurons.neuron.name
    hidden = net.population(f"hidden{ending}", neurons.size, cell(kind))
    learned = {name: np.array(value) for name, value in part.parameters.items()}
    for path, weight in learned.items():
        name, _, role = path.rpartition(".")
        if role == "weight" and name.startswith("out"):
            into = current(int(name.removeprefix("out")))
            net.connect(hidden, out, into, weight=weight / of, name=name + ending)
        elif role == "weight":
            onto = second_dendrite() if name.startswith("dendrite") else gp.synapse("exp", tau=TAU)
            delay = learned[f"{name}.delay"]
            net.connect(source, hidden, onto, weight=weight, delay=delay, name=name + ending)


def main() -> None:
    """Evaluate, print, and write the results that were requested."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs")
    parser.add_argument("--size", type=int, default=4, help="runs per network (default: 4)")
    parser.add_argument("--keep", type=Path, help="write the numbers here, as JSON")
    arguments = parser.parse_args()
    runs, size = list[Path](arguments.runs), int(arguments.size)
    if size < 1 or len(runs) % size:
        parser.error(f"{len(runs)} runs do not make networks of {size}")
    cases: list[dict[str, object]] = []
    accuracies: list[float] = []
    for first in range(0, len(runs), size):
        chosen = runs[first : first + size]
        simulator, experiment = together(chosen)
        found = gp.evaluate(simulator, experiment.split("test"))
        print(*(f"{run.parent.name}/{run.name}" for run in chosen), found, sep="\n")
        cases.append(
            {"runs": [f"{run.parent.name}/{run.name}" for run in chosen], **found.summary()}
        )
        accuracies.append(found.accuracy or 0.0)
    spread = float(np.std(accuracies, ddof=1)) if len(accuracies) > 1 else None
    result = {"mean": float(np.mean(accuracies)), "sd": spread, "n": len(cases), "cases": cases}
    print(f"mean {result['mean']:.2%}, sd {spread}, n {len(cases)}")
    if arguments.keep:
        arguments.keep.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
