"""Events per inference against accuracy, by θ of sigma-delta senders: METHOD-SEED-events.json.

python experiments/basis_pursuit/mnist/events.py PGBP 1 --runs FOLDER

What atoms send, to atoms and to the classes of BP and GBP, goes through senders, which pass on a
value where it has changed by more than θ; what groups send does not. Senders have no gradient, so
that the attacked images are those of the network without them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from attacks import SETTLED, attacked, parts, right
from images import Images
from network import DICTIONARY, METHODS, READ, compiled, described
from train import RESULTS

if TYPE_CHECKING:
    import genprop as gp

THETAS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1)
EPS = 0.05
STEPS = 200
"""Of an inference: all are made, as there is always an event that may come."""


def events(sim: gp.Simulator, batches: list[gp.data.GradedBatch]) -> float:
    """Of all senders, per image."""
    record = ["senders.events"]
    counts = [np.asarray(sim.run(b, record=record).recorded[record[0]]) for b in batches]
    return float(np.concatenate(counts).sum(axis=1).mean())


def main() -> None:
    """Of one trained network."""
    parser = argparse.ArgumentParser()
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("seed", type=int)
    parser.add_argument("--runs", type=Path, required=True, help="the folder given to train.py")
    parser.add_argument("--data", default="", help="mnist.npz; default $GENPROP_DATA")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--backend", default="native")
    given = parser.parse_args()
    stem = f"{given.method}-{given.seed}"
    gamma = json.loads((given.results / f"{stem}.json").read_text())["settings"]["gamma"]
    arrays = dict(np.load(given.runs / f"{stem}.npz"))
    images = Images.of(given.data)
    few = parts(images.test, given.samples)
    plain = described(given.method, arrays[DICTIONARY], arrays[READ], gamma, learned=False)
    size = len(few[0])
    moved = attacked(
        compiled(plain, batch=size, tolerance=SETTLED, backend=given.backend), few, EPS, "l2"
    )
    net = described(
        given.method, arrays[DICTIONARY], arrays[READ], gamma, learned=False, theta=THETAS[-1]
    )
    sim = compiled(net, batch=size, tolerance=None, steps=STEPS, backend=given.backend)
    rows: list[dict[str, float]] = []
    for theta in THETAS:
        sim.parameters["senders.theta"] = theta
        rows.append(
            {
                "theta": theta,
                "events": events(sim, few),
                "clean": float(right(sim, few).mean()),
                "attacked": float(right(sim, moved).mean()),
            }
        )
        print(stem, rows[-1], flush=True)
    found = {"images": given.samples, "eps": EPS, "steps": STEPS, "rows": rows}
    file = given.results / f"{stem}-events.json"
    file.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
