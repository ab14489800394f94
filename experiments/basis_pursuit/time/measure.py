"""The time of sparse codes: networks on native, scikit-learn's Lasso, FISTA in numpy: results.json.

python experiments/basis_pursuit/time/measure.py mnist.npz
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.linear_model import Lasso

import genprop as gp
from genprop.testing.basis_pursuit import Penalty, pursue

DIM, ATOMS, GAMMA = 784, 256, np.float32(0.1)
CODES, TUNED, FEW, ROUNDS, THREADS = 10_000, 500, 1000, 3, 2
WITHIN, PART = 1e-4, 0.99  # of the codes are so close in every coefficient
LADDER = [float(f"{m}e-{k}") for k in range(3, 9) for m in (10, 5, 2)]
FILE = Path(__file__).with_name("results.json")

Array = np.ndarray
Solver = Callable[[Array, float], Array]


def images(path: Path, key: str, count: int) -> Array:
    """(count, 784) of unit norm."""
    with np.load(path) as file:
        x = file[key][:count].reshape(count, DIM).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def learned(x: Array, rng: np.random.Generator) -> Array:
    """A dictionary by the local rule ΔD ∝ (x − Da)aᵀ from images, of unit columns."""
    d = x[rng.choice(len(x), ATOMS, replace=False)].T
    d = d + 0.03 * rng.normal(size=d.shape).astype(np.float32)
    d /= np.linalg.norm(d, axis=0)
    for k in range(200):
        some = x[rng.choice(len(x), 200)]
        a = fista(d, some, 1e-3)
        d = d + (0.5 if k < 120 else 0.15) * (some - a @ d.T).T @ a / (1e-3 + (a**2).sum(axis=0))
        d /= np.linalg.norm(d, axis=0)
    return d.astype(np.float32)


def fista(dictionary: Array, x: Array, tolerance: float) -> Array:
    """Restarted FISTA, 500 samples at once, those that have settled left out."""
    gram = dictionary.T @ dictionary
    largest = np.float32(np.linalg.eigvalsh(gram.astype(float))[-1] * 1.0001)
    step, limit = np.eye(ATOMS, dtype=np.float32) - gram / largest, GAMMA / largest
    found = np.zeros((len(x), ATOMS), np.float32)
    for start in range(0, len(x), 500):
        b = x[start : start + 500] @ dictionary / largest
        left, a, t = np.arange(start, start + len(b)), np.zeros_like(b), np.ones(len(b), b.dtype)
        z = a
        while len(left):
            u = z @ step
            u += b
            later = u - np.clip(u, -limit, limit)
            change = later - a
            restart = np.einsum("ij,ij->i", z - later, change) > 0
            t_later = (1 + np.sqrt(1 + 4 * t * t)) / 2
            push = np.where(restart, np.float32(0), (t - 1) / t_later)
            t = np.where(restart, np.float32(1), t_later)
            z, a = later + push[:, None] * change, later
            moving = np.abs(change).max(axis=1) > tolerance
            if not moving.all():
                found[left[~moving]] = a[~moving]
                left = left[moving]
                a, z, t, b = (y[moving] for y in (a, z, t, b))
    return found


def lasso(dictionary: Array, x: Array, tolerance: float, *, gram: bool) -> Array:
    """Coordinate descent, sample after sample."""
    d = np.asfortranarray(dictionary, np.float64)
    model = Lasso(
        alpha=float(GAMMA) / DIM,
        fit_intercept=False,
        tol=tolerance,
        precompute=d.T @ d if gram else False,
        max_iter=100_000,
    )
    return np.asarray(model.fit(d, x.T.astype(np.float64)).coef_)


class Coder:
    """A network of genprop, compiled once for every tolerance."""

    def __init__(
        self, dictionary: Array, neuron: gp.Neuron, step: float, learned: bool = False
    ) -> None:
        self.weight = gp.learn(dictionary) if learned else dictionary
        self.loss = gp.MeanSquare(gp.final("atoms", "a")) if learned else None
        gram = (dictionary.T @ dictionary).astype(float)
        tau = float(np.linalg.eigvalsh(gram)[-1]) / step
        self.neuron = neuron.given(gamma=float(GAMMA), tau=tau)
        self.compiled: dict[float, gp.Simulator] = {}

    def __call__(self, x: Array, tolerance: float) -> Array:
        """Codes (batch, atoms)."""
        if tolerance not in self.compiled:
            self.compiled[tolerance] = self._compiled(tolerance)
        batch = gp.data.GradedBatch.of(x)
        outcome = self.compiled[tolerance].run(batch, record=["atoms.a"])
        return np.asarray(outcome.recorded["atoms.a"])

    def _compiled(self, tolerance: float) -> gp.Simulator:
        net = gp.Network("codes")
        net.population("x", DIM, gp.graded())
        net.population("atoms", ATOMS, self.neuron)
        net.connect("x", "atoms", gp.synapse("graded"), weight=self.weight)
        sent = gp.Synapse("sent", arrival="I = I + w*a")
        net.connect("atoms", "atoms", sent, weight=gp.gram("x->atoms.weight"))
        native = gp.Native(threads=THREADS)
        return gp.compile(
            net,
            loss=self.loss,
            dt=1.0,
            duration=50_000.0,
            batch=CODES,
            backend=native,
            tolerance=tolerance,
        )


class Learner(Coder):
    """The same with a dictionary that learns, and the gradient of ½‖a − target‖²/256."""

    def time(self, x: Array, target: Array, tolerance: float) -> float:
        """Processor time [µs a code] of codes and gradients of batches of 100."""
        if tolerance not in self.compiled:
            self.compiled[tolerance] = self._compiled(tolerance)
        begun = time.process_time()
        for k in range(0, len(x), 100):
            batch = gp.data.GradedBatch.of(x[k : k + 100], targets=target[k : k + 100])
            self.compiled[tolerance].gradients(batch)
        return (time.process_time() - begun) / len(x) * 1e6


def tuned(solve: Solver, x: Array, best: Array) -> float:
    """The loosest tolerance at which enough codes are close enough."""
    for tolerance in LADDER:
        error = np.abs(solve(x, tolerance) - best).max(axis=1)
        if np.quantile(error, PART) <= WITHIN:
            return tolerance
    raise SystemExit("no tolerance is small enough")


def main() -> None:
    """Tolerances are chosen on training images, times and errors are of test images."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mnist", type=Path)
    mnist = parser.parse_args().mnist
    train, test = images(mnist, "x_train", 20_000), images(mnist, "x_test", CODES)
    dictionary = learned(train, np.random.default_rng(0))
    heavy_ball = gp.neuron("lca_momentum", momentum=0.84)
    momentum, learner = (
        Coder(dictionary, heavy_ball, 3.4),
        Learner(dictionary, heavy_ball, 3.4, True),
    )
    solvers: dict[str, tuple[Solver, int]] = {
        "lca_momentum": (momentum, CODES),
        "lca": (Coder(dictionary, gp.neuron("lca"), 1.9), FEW),
        "FISTA": (partial(fista, dictionary), CODES),
        "Lasso, Gram": (partial(lasso, dictionary, gram=True), CODES),
        "Lasso": (partial(lasso, dictionary, gram=False), FEW),
    }
    exact = partial(pursue, dictionary=dictionary.astype(float), penalty=Penalty(float(GAMMA)))
    some, few = train[-TUNED:], test[:FEW]
    best, wanted = (exact(x.astype(float), tolerance=1e-9).code for x in (some, few))
    tolerances = {name: tuned(solve, some, best) for name, (solve, _) in solvers.items()}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in solvers}
    errors: dict[str, list[float]] = {}
    gradients: list[float] = []
    for _ in range(ROUNDS):
        for name, (solve, count) in solvers.items():
            wall, cpu = time.perf_counter(), time.process_time()
            code = solve(test[:count], tolerances[name])
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            times[name].append((wall / count * 1e6, cpu / count * 1e6))
            error = np.abs(code[:FEW] - wanted).max(axis=1)
            errors[name] = [float(np.quantile(error, part)) for part in (0.5, PART, 1.0)]
        target = wanted.astype(np.float32) * np.float32(0.9)
        gradients.append(round(learner.time(few, target, tolerances["lca_momentum"]), 1))
    rows = {
        name: {
            "codes": solvers[name][1],
            "tolerance": tolerances[name],
            "wall [us a code]": sorted(round(w, 1) for w, _ in times[name]),
            "cpu [us a code]": sorted(round(c, 1) for _, c in times[name]),
            "error: median, 99 %, largest": errors[name],
        }
        for name in solvers
    }
    spectrum = float(np.linalg.eigvalsh((dictionary.T @ dictionary).astype(float))[-1])
    facts: dict[str, object] = {
        "lambda_max": spectrum,
        "active atoms": float((wanted != 0).sum(axis=1).mean()),
    }
    facts["code and gradient by lca_momentum, cpu [us a code]"] = sorted(gradients)
    FILE.write_text(json.dumps({**facts, "solvers": rows}, indent=1) + "\n", encoding="utf-8")
    print(FILE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
