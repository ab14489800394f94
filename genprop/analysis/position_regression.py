"""Whether weights tell where a neuron is: cross-validated regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from genprop._checks import integer
from genprop.analysis.connections import connections
from genprop.analysis.null_model import compare
from genprop.analysis.preferred import receiver_positions
from genprop.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from genprop.analysis.connections import Source
    from genprop.analysis.null_model import Compared

__all__ = ["position_r2"]

_PENALTIES = np.logspace(-2, 5, 15)
_LEAST = 2
"""Neurons per fold."""


def position_r2(
    source: Source, projection: str = "", *, folds: int = 5, nulls: int = 0, seed: int = 0
) -> Compared:
    """R² of a ridge regression from a neuron's input weights to its position, cross-validated.

        R² = 1 − Σ_j ‖x_j − x̂_j‖² / Σ_j ‖x_j − x̄‖²

    x̂_j is predicted by a regression that did not see neuron j: features are standardised and the
    penalty (1e-2 … 1e5) is chosen within the other folds. Where weights say nothing it is about 0
    or below; in-sample it would be near 1 whatever they are, with more inputs than neurons.

    Args:
        source: a simulator, or connections whose receivers have positions; of weights (pre, post)
            a neuron's column is what it is predicted from.
        projection: of a simulator: the inputs.
        folds: the neurons are divided into so many, at random.
        nulls: number of regressions to shuffled positions beside it.
        seed: of the folds and the nulls.

    Raises:
        ConfigurationError: where scikit-learn is not installed.
        UnsupportedError: for receivers without positions.
        DataError: for fewer than two neurons per fold, or neurons that are all at one place.

    Source: Hoerl & Kennard (1970), doi:10.1080/00401706.1970.10488634.
    """
    found = connections(source, projection)
    place, features = receiver_positions(found), found.matrix().T
    count = integer(folds, "folds", least=2)
    if len(place) < _LEAST * count or not np.ptp(place, axis=0).any():
        raise DataError(
            f"{len(place)} neurons in {count} folds, at {len(np.unique(place, axis=0))} places, "
            "are too few",
            where=found.name,
            remedy=f"give at least {_LEAST} neurons per fold, at different places",
        )
    return compare(
        lambda target: _r2(features, target, count, integer(seed, "seed")),
        place,
        lambda target, rng: rng.permutation(target),
        nulls=nulls,
        seed=seed,
        shuffled="positions",
    )


def _r2(features: np.ndarray, place: np.ndarray, folds: int, seed: int) -> float:
    try:
        from sklearn.linear_model import RidgeCV
        from sklearn.model_selection import KFold, cross_val_predict
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    except ImportError as missing:
        raise ConfigurationError(
            "scikit-learn, which holds the regression, is not installed",
            remedy="pip install 'genprop[analysis]'",
        ) from missing
    model = make_pipeline(StandardScaler(), RidgeCV(_PENALTIES))
    parts = KFold(folds, shuffle=True, random_state=seed)
    found = cast("np.ndarray", cross_val_predict(model, features, place, cv=parts))
    predicted = found.reshape(place.shape)
    return float(1 - np.sum((place - predicted) ** 2) / np.sum((place - place.mean(axis=0)) ** 2))
