"""What single figures draw: a stroke where a spike is, a bar for what is counted."""

from __future__ import annotations

import numpy as np
import pytest

from genprop.plot import confusion, distribution, raster
from tests.plot.drawn import axes

TIMES = np.arange(5.0)


def test_a_raster_has_a_stroke_at_every_spike() -> None:
    ax = axes()
    times, neurons = np.array([1.5, 4.0]), np.array([2, 0])
    assert raster((times, neurons), size=3, duration=5.0, label="hidden", ax=ax) is ax
    (line,) = ax.get_lines()
    x, y = (np.asarray(values).reshape(-1, 3) for values in line.get_data())
    assert np.array_equal(x, np.repeat(times, 3).reshape(-1, 3))
    assert np.allclose(y[:, :2].mean(axis=1), neurons)
    assert np.isnan(y[:, 2]).all()
    assert (ax.get_xlim(), ax.get_ylim()) == ((0.0, 5.0), (-0.5, 2.5))


def test_histograms_share_their_bins_and_count_what_is_finite() -> None:
    ax = axes()
    distribution({"after": np.array([0.0, 4.0, 4.0, np.nan]), "before": TIMES}, bins=4, ax=ax)
    after, before = (np.asarray(patch.get_path().vertices) for patch in ax.patches)
    assert np.unique(after[:, 0]).tolist() == np.unique(before[:, 0]).tolist() == [0, 1, 2, 3, 4]
    assert (after[:, 1].max(), before[:, 1].max()) == (2, 2)


@pytest.mark.parametrize("rates", [np.zeros(3), np.array([2.0]), np.zeros(0)])
def test_a_histogram_of_one_value_or_none_is_drawn(rates: np.ndarray) -> None:
    ax = axes()
    distribution(rates, low=0.0, ax=ax)
    assert ax.get_xlim()[1] > ax.get_xlim()[0]


def test_the_shade_of_a_confusion_is_the_root_of_the_share_of_the_row() -> None:
    ax = axes()
    confusion(np.array([[9, 1], [0, 0]]), ("yes", "no"), ax=ax)
    (mesh,) = ax.collections
    assert np.allclose(np.ravel(np.asarray(mesh.get_array())) ** 2, [0.9, 0.1, 0, 0])
    assert [text.get_text() for text in ax.texts] == ["9", "1", "0", "0"]
    assert ax.get_ylim() == (2, 0), "the first label stands above"


def test_a_large_confusion_numbers_its_columns_and_leaves_its_cells_bare() -> None:
    ax = axes()
    names = tuple(f"word {k}" for k in range(40))
    confusion(np.eye(40, dtype=int), names, ax=ax)
    assert [tick.get_text() for tick in ax.get_xticklabels()][:2] == ["0", "3"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(names)
    assert not ax.texts
