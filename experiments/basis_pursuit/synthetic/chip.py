"""What the chip's integers cost: the objective of its codes beside FISTA's: chip.json.

Beside it stands what the rounding of its weights alone costs: the fixed point with them in floats.

python experiments/basis_pursuit/synthetic/chip.py [--draws 5] [--samples 20] [--calibration 200]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from dictionary import GROUPS, dictionary
from network import Draw, compiled

import genprop as gp
from genprop.testing.basis_pursuit import Penalty, objective, pursue

GAMMA = 0.2
BITS = (8, 6)
TAU = 10.0  # [ms] of the atoms
SHORT = 0.3  # a proximal step below 2/λ_max
OTHER = 1000  # seeds of the samples that scales are measured on
FILE = Path(__file__).with_name("chip.json")


def rounded_weights(chip: Any) -> np.ndarray:
    """W ≈ 1 − DᵀD (atoms, atoms) as the chip has it, in floats."""
    f = chip.network.cell("atoms").fraction
    synapses = [s for s in chip.network.synapses if (s.pre, s.post) == ("atoms", "atoms")]
    whole = np.sum([s.weight * 2.0**s.exponent for s in synapses], axis=0)
    step = chip.dt / TAU / chip.report().stretched["atoms.u"]
    return whole * 2.0 ** (f["a"] - f["u"]) / step


def settled(x: np.ndarray, weight: np.ndarray, penalty: Penalty) -> np.ndarray:
    """The code a = prox(Dᵀx + W a) of a network with weights W, by proximal steps."""
    drive, code = x @ dictionary()[0], np.zeros((len(x), len(weight)))
    for _ in range(100_000):
        found = penalty.prox(code + (drive - code + code @ weight) * SHORT, SHORT)
        if np.abs(found - code).max() < 1e-10:
            return found
        code = found
    raise RuntimeError("the code of rounded weights has not settled")


def main() -> None:
    """One row per network and number of weight bits."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--calibration", type=int, default=200)
    given = parser.parse_args()
    rows: list[dict[str, str | int | float]] = []
    for model, estimator, groups in (("lca", "BP", None), ("group_lca", "GBP", GROUPS)):
        penalty = Penalty(GAMMA, groups)
        gaps: dict[int, list[float]] = {bits: [] for bits in BITS}
        floors: dict[int, list[float]] = {bits: [] for bits in BITS}
        worst, steps = dict.fromkeys(BITS, 0.0), dict.fromkeys(BITS, 0)
        for seed in range(1, given.draws + 1):
            draw = Draw.of(seed, estimator, given.samples)
            other = Draw.of(seed + OTHER, estimator, given.calibration)
            backend = gp.Native("double", threads=1)
            float_network: Any = compiled(estimator, GAMMA, draw, backend)
            sim = float_network.on(tolerance=1e-6)
            best = pursue(draw.x, dictionary()[0], penalty).code
            least = objective(draw.x, dictionary()[0], penalty, best)
            for bits in BITS:
                data = gp.data.Dataset(other.batch, 2)
                chip = sim.retarget("loihi", gp.Quantise(weight_bits=bits, calibrate=data))
                out = chip.run(draw.batch, record=["atoms.a"])
                code = np.asarray(out.recorded["atoms.a"], np.float64)
                found = objective(draw.x, dictionary()[0], penalty, code)
                gaps[bits] += (found / least - 1).tolist()
                exact = settled(draw.x, rounded_weights(chip), penalty)
                floor = objective(draw.x, dictionary()[0], penalty, exact)
                floors[bits] += (floor / least - 1).tolist()
                worst[bits] = max(worst[bits], float(np.abs(code - best).max()))
                steps[bits] = max(steps[bits], int(out.steps.max()))
                print(
                    model,
                    seed,
                    bits,
                    np.mean(gaps[bits]),
                    max(gaps[bits]),
                    max(floors[bits]),
                    flush=True,
                )
        rows += [
            {
                "model": model,
                "bits": bits,
                "samples": len(gaps[bits]),
                "mean gap": float(np.mean(gaps[bits])),
                "largest gap": float(np.max(gaps[bits])),
                "mean gap of weights": float(np.mean(floors[bits])),
                "largest gap of weights": float(np.max(floors[bits])),
                "largest error": worst[bits],
                "steps": steps[bits],
            }
            for bits in BITS
        ]
    FILE.write_text(json.dumps({"gamma": GAMMA, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
