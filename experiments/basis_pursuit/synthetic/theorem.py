"""The stability theorem beside what is seen of noisy codes: theorem.json.

python experiments/basis_pursuit/synthetic/theorem.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from dictionary import COUNT, DIM, GROUPS, SIZE, dictionary

from genprop.testing.basis_pursuit import Penalty, kkt_residual, pursue
from genprop.testing.incoherent import ERROR, THRESHOLD, most_groups

EPS = (0.01, 0.03, 0.1)
FACTORS = (0.5, 1.0, 2.0, THRESHOLD)
SAMPLES = 400
FILE = Path(__file__).with_name("theorem.json")


def noisy(active: int, eps: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes of ``active`` groups, and samples with noise of norm ε: half of them along a group."""
    rng = np.random.default_rng(seed)
    code, noise = np.zeros((SAMPLES, COUNT * SIZE)), rng.normal(size=(SAMPLES, DIM))
    for k in range(SAMPLES):
        order = rng.permutation(COUNT)
        for group in order[:active]:
            code[k, GROUPS.of == group] = rng.uniform(1, 2, SIZE)
        if k % 2:
            noise[k] = dictionary()[0][:, GROUPS.of == order[-1]] @ rng.normal(size=SIZE)
    noise *= eps / np.linalg.norm(noise, axis=1, keepdims=True)
    return code, code @ dictionary()[0].T + noise


def main() -> None:
    """One row per noise and γ/ε."""
    found, coherence = dictionary()
    active = most_groups(coherence)
    rows: list[dict[str, float]] = []
    for eps in EPS:
        for factor in FACTORS:
            true, x = noisy(active, eps, seed=1)
            penalty = Penalty(factor * eps, GROUPS)
            code = pursue(x, found, penalty, tolerance=1e-9).code
            error, silent = penalty.norms(code - true), penalty.norms(true) == 0
            large = penalty.norms(true) > ERROR * eps
            row = {
                "eps": eps,
                "gamma/eps": factor,
                "samples": SAMPLES,
                "residual": float(kkt_residual(x, found, penalty, code).max()),
                "samples with a false group": int(
                    np.any((penalty.norms(code) > 1e-7) & silent, axis=1).sum()
                ),
                "largest error/eps": float(error.max() / eps),
                "groups missed": int(np.count_nonzero(large & (penalty.norms(code) == 0))),
            }
            rows.append(row)
            print(row, flush=True)
    facts = {"coherence": coherence, "active": active, "bound/eps": ERROR, "rows": rows}
    FILE.write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
