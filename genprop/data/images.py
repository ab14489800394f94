"""Images as spikes: a bright pixel spikes early, a dark one never."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genprop._checks import given_path
from genprop._reading import as_integers, reading
from genprop.data.dataset import Dataset
from genprop.data.files import existing
from genprop.data.latency import latency_code
from genprop.data.npz import read_npz
from genprop.errors import DataError

if TYPE_CHECKING:
    from genprop.data.quantity import Time

__all__ = ["digits", "mnist"]

_TEN = tuple("0123456789")
_PARTS = ("train", "test")


def digits(
    fraction: float = 0.8,
    seed: int = 0,
    *,
    t_min: Time = 1.0,
    t_max: Time = 20.0,
    duration: Time = 30.0,
) -> tuple[Dataset, Dataset]:
    """Train and test set of scikit-learn's 1797 handwritten digits, 8 × 8 pixels, 64 channels.

    Args:
        fraction: of the samples that are for training; the split is stratified.
        seed: of the split.
        t_min: time of the brightest pixel [ms].
        t_max: time towards which dark pixels tend; a black pixel does not spike [ms].
        duration: [ms].

    Raises:
        DataError: where scikit-learn is not installed, saying how to install it.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as missing:
        raise DataError(
            "the digits come with scikit-learn, which is not installed",
            remedy="pip install 'genprop[test]', or pip install scikit-learn",
        ) from missing
    pixels, labels = load_digits(return_X_y=True)
    spikes = latency_code(
        np.asarray(pixels, np.float32) / 16.0,
        t_min=t_min,
        t_max=t_max,
        duration=duration,
        labels=np.asarray(labels, np.int64),
    )
    return Dataset(spikes, 10, "digits", _TEN).split(fraction, seed)


def mnist(
    path: str | Path,
    *,
    t_min: Time = 1.0,
    t_max: Time = 20.0,
    duration: Time = 30.0,
    threshold: float = 0.2,
) -> tuple[Dataset, Dataset]:
    """Train and test set of MNIST, 28 × 28 pixels, 784 channels.

    Args:
        path: an ``.npz`` with ``x_train y_train x_test y_test`` as uint8, or its folder; a
            relative path is looked for in ``$GENPROP_DATA`` too.
        t_min: time of a white pixel [ms].
        t_max: time towards which dark pixels tend [ms].
        duration: [ms].
        threshold: pixels up to this fraction of white do not spike.

    Raises:
        DataError: for a file that is missing, damaged or of another kind.
    """
    given = given_path(path, "the path of the images", DataError)
    file = existing(given / "mnist.npz" if given.is_dir() else given)
    arrays = read_npz(file, ("x_train", "y_train", "x_test", "y_test"))
    with reading(file, "file of MNIST's labels", DataError, "labels are integers: fetch it again"):
        labels = {part: as_integers(arrays[f"y_{part}"], f"y_{part}") for part in _PARTS}
    return tuple(  # pyright: ignore[reportReturnType]
        Dataset(
            latency_code(
                _pixels(arrays[f"x_{part}"], labels[part], file),
                t_min=t_min,
                t_max=t_max,
                duration=duration,
                threshold=threshold,
                labels=labels[part],
            ),
            10,
            f"MNIST {part}",
            _TEN,
        )
        for part in _PARTS
    )


def _pixels(
    images: npt.NDArray[np.generic], labels: npt.NDArray[np.generic], file: Path
) -> npt.NDArray[np.float32]:
    """(samples, pixels) in [0, 1] of (samples, rows, columns) uint8."""
    if images.dtype != np.uint8 or images.ndim != 3 or labels.shape != images.shape[:1]:
        raise DataError(
            f"images {images.shape} of {images.dtype} with labels {labels.shape} are not MNIST's",
            where=str(file),
            remedy="expected (samples, 28, 28) uint8 and one label per image",
        )
    return np.divide(images.reshape(len(images), -1), 255, dtype=np.float32)
