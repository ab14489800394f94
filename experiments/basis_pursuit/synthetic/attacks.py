"""Accuracy of the three estimators under white-box attacks, and their supports: attacks.json.

python experiments/basis_pursuit/synthetic/attacks.py [--draws 10] [--samples 10]

γ of each estimator is chosen by other draws, which stand in validation.json.
"""

from __future__ import annotations

import argparse
import json
from functools import cache
from pathlib import Path
from typing import TypedDict

import numpy as np
from dictionary import GROUPS
from network import ESTIMATORS, Draw, compiled

import genprop as gp
from genprop.errors import ConvergenceError

EPS = (0.0, 0.2, 0.5)
GAMMAS = (0.1, 0.2, 0.4, 0.8)
VALIDATION, VALIDATED = range(101, 104), 20
"""Draws by which γ is chosen, and samples of each: the best mean accuracy over all ε."""
STEPS = 5
HERE = Path(__file__).parent
FILE, CHOICE = HERE / "attacks.json", HERE / "validation.json"


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


@cache
def simulator(estimator: str, samples: int) -> gp.Simulator:
    """The network of an estimator, compiled once for all draws and γ."""
    first = Draw.of(VALIDATION[0], estimator, samples)
    return compiled(estimator, GAMMAS[0], first, gp.Native(threads=1))


def given(estimator: str, gamma: float, draw: Draw) -> gp.Simulator:
    """The network with this γ, read along the direction of this draw."""
    sim = simulator(estimator, len(draw.x))
    read = "norms->out.weight" if estimator == "PGBP" else "read.weight"
    sim.parameters[read] = np.stack([-draw.direction, draw.direction], axis=1)
    sim.parameters["atoms.gamma" if estimator == "BP" else "norms.gamma"] = gamma
    return sim


def validated(estimator: str, gamma: float, samples: int) -> float:
    """Mean accuracy over the validation draws and ε."""
    each: list[float] = []
    for seed in VALIDATION:
        draw = Draw.of(seed, estimator, samples)
        sim = given(estimator, gamma, draw)
        each += [accuracy(sim, draw, eps) for eps in EPS]
    return float(np.mean(each))


def chosen(samples: int) -> dict[str, float]:
    """γ of every estimator, by the validation draws; those that are not there yet are run.

    A γ at which a code or its gradient does not settle has
    no accuracy, and is not chosen; of equal ones the smaller is.
    """
    found: dict[str, dict[str, float | None]] = (
        json.loads(CHOICE.read_text()) if CHOICE.exists() else {}
    )
    for estimator in ESTIMATORS:
        own = found.setdefault(estimator, {})
        for gamma in GAMMAS:
            if str(gamma) in own:
                continue
            try:
                own[str(gamma)] = validated(estimator, gamma, samples)
            except ConvergenceError:
                own[str(gamma)] = None
            CHOICE.write_text(json.dumps(found, indent=1) + "\n")
            print(estimator, gamma, own[str(gamma)], flush=True)
    return {
        name: float(max(own, key=lambda g: round(own[g] or 0.0, 9))) for name, own in found.items()
    }


def main() -> None:
    """Every draw that is not there yet."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--samples", type=int, default=10)
    args = parser.parse_args()
    gammas = chosen(VALIDATED)
    found: dict[str, dict[str, Result]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    for seed in range(1, args.draws + 1):
        for estimator in ESTIMATORS:
            own = found.setdefault(estimator, {})
            if str(seed) in own:
                continue
            draw = Draw.of(seed, estimator, args.samples)
            sim = given(estimator, gammas[estimator], draw)
            accuracies = {str(eps): accuracy(sim, draw, eps) for eps in EPS}
            own[str(seed)] = {"accuracy": accuracies, "support": support(sim, draw)}
            FILE.write_text(json.dumps(found, indent=1) + "\n")
            print(estimator, seed, own[str(seed)], flush=True)


if __name__ == "__main__":
    main()
