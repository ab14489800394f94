"""One network of several that were trained apart: their hidden populations side by side.

python experiments/spoken_digits/together.py runs/strangers/seed=1 runs/strangers/seed=2 …

A leaky integrator is linear, so one readout that hears every hidden population, with weights
divided by their number, observes the mean of what their own readouts observe.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import genprop as gp
from genprop import ms

TAUS = ("hidden.tau_mem", "out.tau_mem", "hidden.exp.tau")
"""Time constants, which all runs have in common."""


def together(runs: list[Path]) -> tuple[gp.Simulator, gp.Experiment]:
    """The network of all ``runs``, with what they learned; and the experiment of the first."""
    opened = [gp.experiment.open_run(run) for run in runs]
    first, experiment = opened[0]
    taus = {name: float(first.parameters[name]) * ms for name in TAUS}
    net = gp.Network("together")
    source = net.population("input", first.spec.population("input").size, gp.spikes())
    cell = gp.neuron("LIF", tau_mem=taus["hidden.tau_mem"])
    readout = gp.neuron("LI", tau_mem=taus["out.tau_mem"])
    exp = gp.synapse("exp", tau=taus["hidden.exp.tau"])
    out = net.population("out", first.spec.population("out").size, readout)
    for number, (part, _) in enumerate(opened):
        learned = {name: np.array(value) for name, value in part.parameters.items()}
        hidden = net.population(f"hidden{number}", part.spec.population("hidden").size, cell)
        for pre, path in ((source, "input->hidden"), (hidden, "hidden->hidden")):
            if f"{path}.weight" in learned:
                delay = learned[f"{path}.delay"]
                net.connect(pre, hidden, exp, weight=learned[f"{path}.weight"], delay=delay)
        net.connect(hidden, out, exp, weight=learned["hidden->out.weight"] / len(runs))
    loss = gp.CrossEntropy(gp.weighted_integral(out, "v"))
    return gp.compile(
        net, loss=loss, dt=first.dt, duration=first.duration, batch=32, clock="grid"
    ), experiment


def main() -> None:
    """Evaluate, print, and write the results that were requested."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs")
    parser.add_argument("--size", type=int, default=3, help="runs per network (default: 3)")
    parser.add_argument("--part", default="test", help="of the first run's data (default: test)")
    parser.add_argument("--keep", type=Path, help="write the numbers here, as JSON")
    options = parser.parse_args()
    runs: list[Path] = options.runs
    if options.size < 1 or len(runs) % options.size:
        parser.error(f"{len(runs)} runs do not make networks of {options.size}")
    cases: list[dict[str, object]] = []
    for begin in range(0, len(runs), options.size):
        chosen = runs[begin : begin + options.size]
        simulator, experiment = together(chosen)
        found = gp.evaluate(simulator, experiment.split(options.part))
        names = [f"{run.parent.name}/{run.name}" for run in chosen]
        print(*names, found, sep="\n", flush=True)
        cases.append({"runs": names, "accuracy": found.accuracy, "loss": found.loss})
    accuracies = np.array([case["accuracy"] for case in cases], float)
    spread = float(accuracies.std(ddof=1)) if len(cases) > 1 else None
    result = {"mean": float(accuracies.mean()), "sd": spread, "n": len(cases), "cases": cases}
    print(f"mean {result['mean']:.2%}, sd {spread}, n {len(cases)}")
    if options.keep:
        options.keep.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
