"""MNIST as values: images of ℓ₂ norm 1, in three parts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import genprop as gp

SIDE = 28
"""Pixels of an image, across and down."""
VALID = 6
"""One in so many training images, the last ones, is for choosing settings by."""


@dataclass(frozen=True)
class Images:
    """The parts; ``norm`` is the mean ℓ₂ norm of images whose white is 1, as they were."""

    train: gp.data.Dataset
    valid: gp.data.Dataset
    test: gp.data.Dataset
    norm: float

    @classmethod
    def of(cls, path: str) -> Images:
        """The parts of ``mnist.npz``, a file or its folder; "" for ``$GENPROP_DATA``."""
        place = Path(path or os.environ.get("GENPROP_DATA", "."))
        with np.load(place / "mnist.npz" if place.is_dir() else place) as file:
            held = {name: file[name] for name in ("x_train", "y_train", "x_test", "y_test")}
        x, norm = unit(held["x_train"])
        cut = len(x) - len(x) // VALID
        labels = held["y_train"]
        return cls(
            _dataset(x[:cut], labels[:cut], "train"),
            _dataset(x[cut:], labels[cut:], "valid"),
            _dataset(unit(held["x_test"])[0], held["y_test"], "test"),
            norm,
        )


@dataclass(frozen=True)
class Moved:
    """Moves each image by up to ``pixels``, across and down: an augmentation of a data set."""

    pixels: int

    def apply(
        self, batch: gp.data.SpikeBatch, rng: np.random.Generator, dataset: object
    ) -> gp.data.GradedBatch:
        """The batch; what leaves an image enters it on the other side, where digits leave room."""
        assert isinstance(batch, gp.data.GradedBatch)
        x = batch.values_of("x").reshape(-1, SIDE, SIDE)
        by = rng.integers(-self.pixels, self.pixels, (2, len(x), 1), endpoint=True)
        down, across = (np.arange(SIDE) - by) % SIDE
        moved = x[np.arange(len(x))[:, None, None], down[:, :, None], across[:, None, :]]
        return gp.data.GradedBatch.of(moved.reshape(len(x), -1), labels=batch.labels)


def unit(images: np.ndarray) -> tuple[np.ndarray, float]:
    """(samples, pixels) of norm 1 each, and the mean norm before."""
    x = images.reshape(len(images), -1).astype(np.float32) / 255
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.maximum(norms, 1e-6), float(norms.mean())


def values(part: gp.data.Dataset) -> np.ndarray:
    """(samples, pixels)."""
    assert isinstance(part.spikes, gp.data.GradedBatch)
    return part.spikes.values_of("x")


def _dataset(x: np.ndarray, labels: np.ndarray, name: str) -> gp.data.Dataset:
    batch = gp.data.GradedBatch.of(x, labels=labels.astype(np.int64))
    return gp.data.Dataset(batch, 10, name=f"MNIST {name}")
