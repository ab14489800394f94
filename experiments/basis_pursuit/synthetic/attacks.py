"""Accuracy of the three estimators under white-box attacks, and their supports: attacks.json.

python experiments/basis_pursuit/synthetic/attacks.py [--draws 10] [--samples 10]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TypedDict

import numpy as np
from dictionary import GROUPS
from network import ESTIMATORS, Draw, compiled

import genprop as gp

EPS = (0.0, 0.2, 0.5)
GAMMA = 0.2
"""The same for all, not chosen: four times ε = 0.05."""
STEPS = 5
FILE = Path(__file__).with_name("attacks.json")


class Result(TypedDict):
    """Of one draw: accuracy by ε, and what is right of the supports of clean codes."""

    accuracy: dict[str, float]
    support: dict[str, float]


def accuracy(sim: gp.Simulator, draw: Draw, eps: float) -> float:
    """The fraction of samples whose label survives the attack."""
    batch = draw.batch
    if eps > 0:
        batch = gp.attack.ifgsm(sim, batch, eps, "l2", STEPS).batch
    scores = sim.run(batch).scores
    assert scores is not None
    return float(np.mean(np.argmax(scores, axis=1) == draw.labels))


def support(sim: gp.Simulator, draw: Draw) -> dict[str, float]:
    """Silent groups that are found silent, groups right, samples exactly right."""
    code = np.asarray(sim.run(draw.batch, record=["atoms.a"]).recorded["atoms.a"])
    starts = np.flatnonzero(np.diff(GROUPS.of, prepend=-1))
    found, true = (np.add.reduceat(np.abs(c), starts, axis=1) > 1e-2 for c in (code, draw.code))
    return {
        "silent": float(np.mean(~found[~true])),
        "groups": float(np.mean(found == true)),
        "exact": float(np.mean((found == true).all(axis=1))),
    }


def main() -> None:
    """Every draw that is not there yet."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--samples", type=int, default=10)
    given = parser.parse_args()
    backend = gp.Native(threads=1)
    found: dict[str, dict[str, Result]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    for seed in range(1, given.draws + 1):
        for estimator in ESTIMATORS:
            own = found.setdefault(estimator, {})
            if str(seed) in own:
                continue
            draw = Draw.of(seed, estimator, given.samples)
            sim = compiled(estimator, GAMMA, draw, backend)
            accuracies = {str(eps): accuracy(sim, draw, eps) for eps in EPS}
            own[str(seed)] = {"accuracy": accuracies, "support": support(sim, draw)}
            FILE.write_text(json.dumps(found, indent=1) + "\n")
            print(estimator, seed, own[str(seed)], flush=True)


if __name__ == "__main__":
    main()
