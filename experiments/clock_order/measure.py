"""Measures how fast gradients on the clock tend to the exact ones. See README.md.

Writes results.json: per network and step the error that a quarter and a half of the draws of the
parameters stay below, the least one, the part of the draws whose neurons spike as often as in the
exact solution, and the order of convergence: the slope of error over step.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import genprop as gp
from genprop.testing.convergence import Deviation, deviations
from genprop.testing.zoo import examples

HERE = Path(__file__).parent
STEPS = (0.1, 0.05, 0.02, 0.01)
"""In ms; each divides the trials' duration."""


def main() -> None:
    """Measure every network of the zoo that the exact solver can run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=16, help="draws of the parameters: 0, 1, …")
    parser.add_argument("--output", type=Path, default=HERE / "results.json")
    given = parser.parse_args()
    backend = gp.Native(precision="double")
    found: dict[str, dict[str, object]] = {}
    for name in [example.name for example in examples() if example.linear]:
        found[name] = _summary(deviations(backend, name, STEPS, range(given.seeds)))
        print(_row(name, found[name]), flush=True)
    results = {"seeds": given.seeds, "steps": STEPS, "networks": found}
    given.output.write_text(f"{json.dumps(results, indent=1)}\n", encoding="utf-8")


def _summary(found: list[Deviation]) -> dict[str, object]:
    """The figures of one network, a number per step, and the slope of the lower quartile."""
    by_step = [[d for d in found if d.dt == dt] for dt in STEPS]
    errors = [np.array([d.error for d in part]) for part in by_step]
    quartiles = [np.quantile(e, 0.25) for e in errors]
    return {
        "lower quartile": [_short(q) for q in quartiles],
        "median": [_short(np.median(e)) for e in errors],
        "least": [_short(e.min()) for e in errors],
        "same spikes": [_short(np.mean([d.same_spikes for d in part])) for part in by_step],
        "order": round(float(np.polyfit(np.log(STEPS), np.log(quartiles), 1)[0]), 2),
    }


def _short(value: np.floating) -> float:
    return float(f"{value:.3g}")


def _row(name: str, found: dict[str, object]) -> str:
    """A line of the README's table."""
    columns = (np.asarray(found[column]) for column in ("lower quartile", "median"))
    cells = [f"{value:.2g}" for column in columns for value in (column[0], column[-1])]
    least, same = np.asarray(found["least"])[-1], np.asarray(found["same spikes"])
    cells += [f"{least:.2g}", f"{same[0]:.0%}, {same[-1]:.0%}"]
    return f"| {name} | {' | '.join(cells)} | {found['order']} |"


if __name__ == "__main__":
    main()
