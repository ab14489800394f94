"""Attacks the trained networks of one training: results/METHOD-SEED-attacks.json.

python experiments/basis_pursuit/mnist/attacks.py PGBP 1 --runs FOLDER [--samples 300]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from certified import strongly_convex, theorem
from images import Images
from network import DICTIONARY, METHODS, READ, compiled, described
from train import RESULTS

import genprop as gp

EPS = (0.025, 0.05, 0.1, 0.15)
STEPS = 5
ANYTIME = (5, 10, 20, 40, 80)
BATCH = 100
SETTLED = 1e-3
"""Tolerance [per ms]."""


def parts(test: gp.data.Dataset, samples: int) -> list[gp.data.GradedBatch]:
    """The first ``samples`` test images, in batches."""
    chosen = test.select(np.arange(min(samples, len(test))))
    return [b for b in chosen.batches(BATCH) if isinstance(b, gp.data.GradedBatch)]


def right(sim: gp.Simulator, batches: list[gp.data.GradedBatch]) -> np.ndarray:
    """Whether each sample is classified right, (samples,)."""
    found: list[np.ndarray] = []
    for batch in batches:
        scores = sim.run(batch).scores
        assert scores is not None and batch.labels is not None
        found.append(np.argmax(scores, axis=1) == batch.labels)
    return np.concatenate(found)


def attacked(
    sim: gp.Simulator, batches: list[gp.data.GradedBatch], eps: float, norm: str
) -> list[gp.data.GradedBatch]:
    """The samples after the attack."""
    return [gp.attack.ifgsm(sim, b, eps, norm, STEPS).batch for b in batches]


def certificates(
    method: str, arrays: dict[str, np.ndarray], gamma: float, sim: gp.Simulator,
    batches: list[gp.data.GradedBatch], found: dict[str, np.ndarray],
) -> dict[str, object]:  # fmt: skip
    """Radii within which no attack can succeed, beside those at which one has."""
    pooled = method == "PGBP"
    code: list[np.ndarray] = []
    scores: list[np.ndarray] = []
    for batch in batches:
        recorded = sim.run(batch, record=["atoms.a", "class.v"]).recorded
        code.append(np.asarray(recorded["atoms.a"]))
        scores.append(np.asarray(recorded["class.v"]))
    labels = np.concatenate([np.asarray(b.labels) for b in batches])
    dictionary, read = arrays[DICTIONARY], arrays[READ]
    each = np.concatenate(scores)
    radius = strongly_convex(dictionary, read, each, labels, pooled)
    of_theorem, holds = theorem(
        dictionary, read, np.concatenate(code), each, labels, gamma, method != "BP", pooled
    )
    broken = {eps: ~found[eps] for eps in found}
    return {
        "median": float(np.median(radius)),
        "certified": {eps: float(np.mean(radius > float(eps))) for eps in found},
        "certified and broken": {
            eps: int(np.sum(broken[eps] & (radius > float(eps)))) for eps in found
        },
        "theorem": {"median": float(np.median(of_theorem)), "holds": float(holds.mean())},
        "smallest eigenvalue": float(np.linalg.eigvalsh(dictionary.T @ dictionary)[0]),
        "largest eigenvalue": float(np.linalg.eigvalsh(dictionary.T @ dictionary)[-1]),
        "active": float(np.mean(np.abs(np.concatenate(code)) > 1e-4)),
    }


def anytime(
    net: gp.Network, batches: list[gp.data.GradedBatch], after: Sequence[int]
) -> dict[str, float]:
    """Accuracy of the class neurons after so many steps, whether the code has settled or not."""
    found: dict[str, float] = {}
    for steps in after:
        sim = compiled(net, batch=BATCH, tolerance=None, steps=steps, backend="reference")
        found[str(steps)] = float(right(sim, batches).mean())
    return found


def main() -> None:
    """All measurements of one training, unless they are there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("seed", type=int)
    parser.add_argument("--runs", type=Path, required=True, help="the folder given to train.py")
    parser.add_argument("--data", default="", help="mnist.npz; default $GENPROP_DATA")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--clean", type=int, default=10_000)
    parser.add_argument("--anytime", type=int, nargs="*", default=ANYTIME, help="steps")
    parser.add_argument("--backend", default="native")
    given = parser.parse_args()
    stem = f"{given.method}-{given.seed}"
    file = given.results / f"{stem}-attacks.json"
    found = json.loads(file.read_text()) if file.exists() else {}
    gamma = json.loads((given.results / f"{stem}.json").read_text())["settings"]["gamma"]
    arrays = dict(np.load(given.runs / f"{stem}.npz"))
    images = Images.of(given.data)
    net = described(given.method, arrays[DICTIONARY], arrays[READ], gamma, learned=False)
    sim = compiled(net, batch=BATCH, tolerance=SETTLED, backend=given.backend)
    few = parts(images.test, given.samples)

    def keep(name: str, value: object) -> None:
        found[name] = value
        file.write_text(json.dumps(found, indent=1) + "\n")
        print(stem, name, value, flush=True)

    if "clean" not in found:
        everyone = right(sim, parts(images.test, given.clean))
        keep("clean", {"accuracy": float(everyone.mean()), "images": len(everyone)})
    if "l2" not in found:
        after = {str(eps): attacked(sim, few, eps, "l2") for eps in EPS}
        correct = {"0.0": right(sim, few)} | {e: right(sim, b) for e, b in after.items()}
        keep("l2", {e: float(c.mean()) for e, c in correct.items()} | {"images": given.samples})
        values = np.concatenate([b.values_of("x") for b in after[str(EPS[-1])]])
        np.save(given.runs / f"{stem}-attacked.npy", values)
        tried = {e: c for e, c in correct.items() if e != "0.0"}
        keep("radius", certificates(given.method, arrays, gamma, sim, few, tried))
    if "anytime" not in found:
        keep("anytime", anytime(net, few, given.anytime))
    if "linf" not in found:
        accuracy = {"0.0": float(right(sim, few).mean())}
        for eps in EPS:
            after = attacked(sim, few, eps / images.norm, "linf")
            accuracy[str(eps)] = float(right(sim, after).mean())
        keep("linf", accuracy | {"images": given.samples, "norm": images.norm})
    if "l2 of pixels" not in found:
        after = attacked(sim, few, EPS[-1] / images.norm, "l2")
        accuracy = {"0.0": float(right(sim, few).mean())}
        accuracy[str(EPS[-1])] = float(right(sim, after).mean())
        keep("l2 of pixels", accuracy | {"images": given.samples, "norm": images.norm})


if __name__ == "__main__":
    main()
