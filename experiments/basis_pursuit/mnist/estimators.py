"""Feed-forward estimators of the pooled code, before the same classifier: SEED-estimators.json.

python experiments/basis_pursuit/mnist/estimators.py 1 --runs FOLDER

They learn the pooled codes of the training images that the network learned from, linearly, by a
dense network of one hidden layer (scikit-learn) or by a linear transformer (attention.py).
White-box attacks go through their own gradient; the transferred ones are those that attacks.py made
of the network itself.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import attention
import numpy as np
from attacks import BATCH, EPS, STEPS
from images import Images, values
from network import DICTIONARY, READ, compiled, described
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from train import RESULTS

Array = np.ndarray
HIDDEN = 256
CODES = 25_000
"""Training images whose codes are learned."""
PART = 500
"""Images at once, of those only looked at."""


class Estimator(Protocol):
    """What maps images to pooled codes, and slopes by codes to slopes by images."""

    def code(self, x: Array) -> Array:
        """The estimate (samples, groups)."""
        ...

    def back(self, x: Array, slope: Array) -> Array:
        """∂/∂x of what has that slope by the code."""
        ...


@dataclass(frozen=True)
class FeedForward:
    """x → relu(x W₁ + b₁) W₂ + b₂, or x → x W + b."""

    layers: list[tuple[Array, Array]]

    def code(self, x: Array) -> Array:
        """The estimate (samples, groups)."""
        return self._run(x)[0]

    def back(self, x: Array, slope: Array) -> Array:
        """∂/∂x of what has that slope by the code."""
        gates = self._run(x)[1]
        for (weight, _), gate in zip(reversed(self.layers), [*reversed(gates), None], strict=True):
            slope = slope @ weight.T
            if gate is not None:
                slope = slope * gate
        return slope

    def _run(self, x: Array) -> tuple[Array, list[Array]]:
        gates: list[Array] = []
        for weight, bias in self.layers[:-1]:
            x = x @ weight + bias
            gates.append(x > 0)
            x = x * gates[-1]
        weight, bias = self.layers[-1]
        return x @ weight + bias, gates


@dataclass(frozen=True)
class Classified:
    """An estimator before a linear classifier (groups, 10)."""

    estimator: Estimator
    read: Array

    def scores(self, x: Array) -> Array:
        """(samples, 10)."""
        parts = np.split(x, range(PART, len(x), PART))
        return np.concatenate([self.estimator.code(part) for part in parts]) @ self.read

    def input_gradient(self, x: Array, labels: Array) -> Array:
        """Of the cross-entropy of each sample, (samples, pixels)."""
        scores = self.scores(x)
        chance = np.exp(scores - scores.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        slope = (chance - np.eye(self.read.shape[1])[labels]) @ self.read.T
        return self.estimator.back(x, slope)


def attacked(net: Classified, x: Array, labels: Array, eps: float) -> Array:
    """The ℓ₂ attack of ``gp.attack.ifgsm``, step by step, through the estimator."""
    change = np.zeros_like(x)
    for _ in range(STEPS):
        slope = net.input_gradient(x + change, labels)
        size = np.linalg.norm(slope, axis=1, keepdims=True)
        change = change + 2.5 * eps / STEPS * slope / np.where(size > 0, size, 1.0)
        size = np.linalg.norm(change, axis=1, keepdims=True)
        change = change * np.minimum(1.0, eps / np.where(size > 0, size, 1.0))
    return x + change


def fitted(x: Array, code: Array, seed: int) -> dict[str, Estimator]:
    """All estimators."""
    linear = Ridge(alpha=0.1).fit(x, code)
    scale = code.std()
    dense = MLPRegressor(
        hidden_layer_sizes=(HIDDEN,),
        max_iter=30,
        random_state=seed,
        batch_size=100,  # pyright: ignore[reportArgumentType]  # the stub knows "auto" alone
        learning_rate_init=2e-3,
    )
    dense.fit(x, code / scale)
    pairs = list(zip(dense.coefs_, dense.intercepts_, strict=True))
    pairs[-1] = (pairs[-1][0] * scale, pairs[-1][1] * scale)
    return {
        "linear": FeedForward([(linear.coef_.T, linear.intercept_)]),
        "dense": FeedForward(pairs),
        "linear attention": attention.fitted(x, code, seed),
    }


def main() -> None:
    """Of one PGBP network."""
    parser = argparse.ArgumentParser()
    parser.add_argument("seed", type=int)
    parser.add_argument("--runs", type=Path, required=True, help="the folder given to train.py")
    parser.add_argument("--data", default="", help="mnist.npz; default $GENPROP_DATA")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--codes", type=int, default=CODES)
    parser.add_argument("--backend", default="native")
    given = parser.parse_args()
    stem = f"PGBP-{given.seed}"
    gamma = json.loads((given.results / f"{stem}.json").read_text())["settings"]["gamma"]
    arrays = dict(np.load(given.runs / f"{stem}.npz"))
    images = Images.of(given.data)
    net = described("PGBP", arrays[DICTIONARY], arrays[READ], gamma, learned=False)
    sim = compiled(net, batch=BATCH, backend=given.backend)
    train = images.train.select(np.arange(min(given.codes, len(images.train))))
    record = ["norms.pooled"]
    codes = [sim.run(b, record=record).recorded[record[0]] for b in train.batches(BATCH)]
    moved = np.load(given.runs / f"{stem}-attacked.npy")
    x, labels = values(images.test), images.test.labels
    few = len(moved)
    found: dict[str, object] = {"codes": len(train), "images": few}
    estimators = fitted(values(train), np.concatenate(codes), given.seed)
    for name, estimator in estimators.items():
        whole = Classified(estimator, arrays[READ])

        def accuracy(x: Array, count: int, net: Classified = whole) -> float:
            return float(np.mean(np.argmax(net.scores(x), axis=1) == labels[:count]))

        white = {
            str(eps): accuracy(attacked(whole, x[:few], labels[:few], eps), few) for eps in EPS
        }
        found[name] = {
            "clean": accuracy(x, len(x)),
            "white-box": {"0.0": accuracy(x[:few], few), **white},
            "transfer": {str(EPS[-1]): accuracy(moved, few)},
        }
    file = given.results / f"{given.seed}-estimators.json"
    file.write_text(json.dumps(found, indent=1) + "\n")
    print(stem, found, flush=True)


if __name__ == "__main__":
    main()
