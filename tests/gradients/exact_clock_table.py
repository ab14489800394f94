"""A backend's exact clock beside the bare event solver, as a table: for those who write one.

``python -m tests.gradients.exact_clock_table native --dt 1 --draws 4`` shows every network;
``--kind 3b --draw 2`` a single one, with all its parameters.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

import genprop as gp
from genprop.errors import GenpropError
from genprop.testing.exact_clock import DOUBLE, FLOAT, Comparison, Tolerances, compare
from genprop.testing.random_networks import KINDS, RandomNetwork


def main() -> int:
    """Print the table; 1 where anything is beyond its tolerance."""
    asked = _arguments()
    backend = asked.backend
    if backend == "native":
        backend = gp.Native(threads=1, precision=asked.precision)
    allowed = FLOAT if asked.precision == "float" else DOUBLE
    draws = [asked.draw] if asked.draw is not None else range(asked.draws)
    found: list[Comparison] = []
    bad = 0
    for kind in KINDS:
        if asked.kind not in (None, str(kind).partition(":")[0]):
            continue
        try:
            compared = compare(backend, kind, asked.dt, draws, asked.clock)
        except GenpropError as error:
            bad += 1
            print(f"! {kind}: {error}")
            continue
        found += compared
        bad += sum(_show(one, kind, allowed, whole=asked.kind is not None) for one in compared)
    _summary(found, bad)
    return int(bad > 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("backend", help="native, reference, …")
    parser.add_argument("--precision", choices=("double", "float"), default="double")
    parser.add_argument("--clock", choices=("exact", "grid"), default="exact")
    parser.add_argument("--dt", type=float, default=1.0)
    parser.add_argument("--draws", type=int, default=4, help="of every kind, from 0 on")
    parser.add_argument("--draw", type=int, help="this one alone")
    parser.add_argument("--kind", help="this one alone, as 3b")
    return parser.parse_args()


def _show(one: Comparison, kind: RandomNetwork, allowed: Tolerances, *, whole: bool) -> bool:
    faults = one.faults(allowed)
    print("!" if faults else " ", one, flush=True)
    if whole:
        for name, error in one.gradients.items():
            print(f"      {name:24} {error:.1e}")
    elif faults:
        print("     ", "; ".join(faults))
    return bool(faults)


def _summary(found: list[Comparison], bad: int) -> None:
    if not found:
        return
    errors = np.array([one.worst for one in found])
    quartiles = ", ".join(f"{q:.1e}" for q in np.quantile(errors, [0, 0.5, 0.9, 1]))
    equal = sum(one.counts == 0 for one in found)
    print(f"{len(found)} networks: spike counts equal in {equal}, {bad} beyond tolerance")
    for role in ("weight", "delay"):
        own = [e for one in found for n, e in one.gradients.items() if n.endswith(role)]
        middle, most = np.quantile(own, [0.5, 0.9])
        print(f"gradients of a projection's {role}s, median and 90 %: {middle:.1e}, {most:.1e}")
    print(f"gradients least, median, 90 %, largest error: {quartiles}")


if __name__ == "__main__":
    sys.exit(main())
