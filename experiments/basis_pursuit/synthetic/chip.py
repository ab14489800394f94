"""What the chip's integers cost: the objective of its codes beside FISTA's: chip.json.

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
OTHER = 1000  # seeds of the samples that scales are measured on
FILE = Path(__file__).with_name("chip.json")


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
                worst[bits] = max(worst[bits], float(np.abs(code - best).max()))
                steps[bits] = max(steps[bits], int(out.steps.max()))
                print(model, seed, bits, np.mean(gaps[bits]), max(gaps[bits]), flush=True)
        rows += [
            {
                "model": model,
                "bits": bits,
                "samples": len(gaps[bits]),
                "mean gap": float(np.mean(gaps[bits])),
                "largest gap": float(np.max(gaps[bits])),
                "largest error": worst[bits],
                "steps": steps[bits],
            }
            for bits in BITS
        ]
    FILE.write_text(json.dumps({"gamma": GAMMA, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
