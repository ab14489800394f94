"""Where dictionary and classifier begin, and what keeps the atoms of a dictionary of norm 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from network import CLASSES, DICTIONARY, GROUPS, SIZE

import genprop as gp

if TYPE_CHECKING:
    from genprop.train import Training


def initial(
    x: np.ndarray, labels: np.ndarray, spread: float, seed: int, images: int = 200
) -> np.ndarray:
    """D (784, 256): subspaces of a few images of a class each, made less coherent.

    Group k spans the first 8 singular vectors of ``images`` training images of class k mod 10 on
    one side of a random plane through their mean. Of the singular values s of all atoms together
    s^(1 − spread) remain: 0 leaves them, 1 makes all atoms orthonormal.
    """
    rng = np.random.default_rng([seed, 13])
    blocks: list[np.ndarray] = []
    for k in range(GROUPS.count):
        own = x[rng.permutation(np.flatnonzero(labels == k % CLASSES))[: 2 * images]]
        side = (own - own.mean(axis=0)) @ rng.normal(size=own.shape[1])
        half = own[np.argsort(side)[len(own) // 2 :]]
        blocks.append(np.linalg.svd(half, full_matrices=False)[2][:SIZE].T)
    left, size, right = np.linalg.svd(np.concatenate(blocks, axis=1), full_matrices=False)
    return (left * size ** (1 - spread)) @ right


def columns(dictionary: np.ndarray) -> np.ndarray:
    """Atoms divided by their norms."""
    return dictionary / np.linalg.norm(dictionary, axis=0)


def orthonormal(dictionary: np.ndarray) -> np.ndarray:
    """The nearest dictionary whose groups have orthonormal atoms: U Vᵀ of each group."""
    blocks = dictionary.T.reshape(GROUPS.count, SIZE, -1)
    left, _, right = np.linalg.svd(blocks, full_matrices=False)
    return (left @ right).reshape(GROUPS.count * SIZE, -1).T


def classifier(
    code: np.ndarray, labels: np.ndarray, scale: float = 8.0, damping: float = 1e-3
) -> np.ndarray:
    """Weights (features, 10) of the ridge regression of classes by codes, times ``scale``."""
    target = np.eye(CLASSES)[labels] - 1 / CLASSES
    code = np.asarray(code, np.float64)
    square = code.T @ code + damping * len(code) * np.eye(code.shape[1])
    return scale * np.linalg.solve(square, code.T @ target)


class Normalised(gp.train.Callback):
    """Before every update the gradient of ``coherence``/4 · ‖DᵀD − 1‖², after it atoms of norm 1.

    Those of a group are brought to be orthonormal where ``grouped``.
    """

    def __init__(self, grouped: bool, coherence: float) -> None:
        self.grouped, self.coherence = grouped, coherence

    def on_gradients(self, training: Training) -> None:
        """Add the penalty's gradient."""
        held = np.asarray(training.sim.parameters[DICTIONARY])
        slope = held @ (held.T @ held) - held
        training.gradients[DICTIONARY] = training.gradients[DICTIONARY] + self.coherence * slope

    def on_batch_end(self, training: Training) -> None:
        """Bring the dictionary back."""
        held = np.asarray(training.sim.parameters[DICTIONARY])
        training.sim.parameters[DICTIONARY] = (orthonormal if self.grouped else columns)(held)
