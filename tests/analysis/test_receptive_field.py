"""Receptive fields hold every weight once; Moran's I is that of its definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from genprop.analysis import (
    Connections,
    average_field,
    connections,
    field_grouping,
    moran,
    receptive_fields,
)
from genprop.errors import ConfigurationError, DataError, UnsupportedError
from tests.stages.rewired import FEED, rewired


def heard(count: int = 400) -> Connections:
    rng = np.random.default_rng()
    number = rng.choice(30 * 25, count, replace=False)
    delay = rng.uniform(0, 12, count)
    return Connections(number // 25, number % 25, (30, 25), rng.normal(size=count), delay)


def moran_of(image: np.ndarray) -> float:
    """By its definition, pair by pair."""
    z = image - image.mean()
    total = pairs = 0.0
    for a in np.ndindex(image.shape):
        for b in np.ndindex(image.shape):
            if abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1:
                total, pairs = total + z[a] * z[b], pairs + 1
    return float(image.size / pairs * total / (z**2).sum())


@pytest.mark.parametrize("rows", [0, 7, 30, 100])
def test_every_weight_stands_in_the_cell_of_its_channel_and_delay(rows: int) -> None:
    found = heard()
    fields = receptive_fields(found, rows=rows, width=0.5)
    expected = np.zeros_like(fields.image)
    for k, weight in enumerate(found.weight):
        row = np.searchsorted(fields.channel_edges, found.pre[k] + 0.5, "right") - 1
        column = np.searchsorted(fields.delay_edges, found.delay[k], "right") - 1
        expected[found.post[k], row, column] += weight
    assert np.allclose(fields.image, expected)
    assert fields.image.shape[1] == (7 if rows == 7 else 30)
    assert np.isclose(fields.image.sum(), found.weight.sum())
    assert np.allclose(fields.delay_edges[1:] - fields.delay_edges[:-1], 0.5)


def test_a_simulator_gives_the_fields_of_its_arrays() -> None:
    sim = rewired(None, delay="learned")
    fields = receptive_fields(sim, FEED)
    weight = np.asarray(sim.arrays()[f"{FEED}.weight"])
    post = sim.topology[FEED].all_pairs()[1]
    assert np.allclose(fields.image.sum(axis=(1, 2)), np.bincount(post, weight, 12))


def test_aligned_fields_of_moved_copies_are_their_pattern() -> None:
    rng = np.random.default_rng()
    pattern = rng.normal(size=(3, 3))
    image = np.zeros((20, 12, 9))
    for k in range(20):
        i, j = rng.integers(0, 9), rng.integers(0, 6)
        image[k, i : i + 3, j : j + 3] = pattern
    fields = receptive_fields(heard())
    fields = replace(fields, image=image)
    mean = average_field(fields)
    assert mean.shape == (23, 17)
    found = np.nan_to_num(mean)
    assert np.isclose(np.abs(found).sum(), np.abs(pattern).sum())
    assert np.allclose(np.sort(found[found != 0]), np.sort(pattern.ravel()))
    still = average_field(
        type(fields)(image, fields.channel_edges, fields.delay_edges), align=False
    )
    assert np.allclose(still, image.mean(axis=0))


def test_moran_is_that_of_its_definition() -> None:
    stack = np.random.default_rng().normal(size=(3, 4, 6))
    assert np.allclose(moran(stack), [moran_of(one) for one in stack])
    assert np.allclose(moran(7 - 3 * stack), moran(stack))


def test_moran_of_a_chequerboard_a_patch_and_nothing() -> None:
    board = np.indices((6, 8)).sum(axis=0) % 2
    assert np.isclose(moran(board), -1.0)
    halves = np.repeat([[0.0, 1.0]], 6, axis=0).repeat(4, axis=1)
    assert np.isclose(moran(halves), 1 - 2 * 6 / (6 * 7 + 8 * 5))
    assert np.isnan(moran(np.full((3, 3), 0.1)))
    noise = moran(np.random.default_rng().normal(size=(4000, 5, 5)))
    assert abs(noise.mean() + 1 / 24) < 5 * noise.std() / np.sqrt(4000)


@pytest.mark.parametrize("shuffled", ["delays", "channels"])
def test_patches_stand_out_from_nulls_and_noise_does_not(shuffled: str) -> None:
    rng = np.random.default_rng()
    late = rng.uniform(0, 12, (16, 10))
    side = np.where((np.arange(16)[:, None] < 8) ^ (late < 6), 1.0, -1.0)
    planted = connections(side, delay=late)
    found = field_grouping(planted, shuffled=shuffled, rows=4, width=3.0, nulls=19)
    assert found.p == 1 / 20 and found.nulls.size == 19 and found.shuffled == shuffled
    values = [
        field_grouping(connections(rng.choice([-1.0, 1.0], (16, 10)), delay=late), rows=4,
                       shuffled=shuffled, width=3.0, nulls=9, seed=k).p
        for k in range(20)
    ]  # fmt: skip
    assert np.mean(values) > 0.2  # uniform on 0.1 … 1, mean 0.55: 5 standard errors


def test_what_has_no_delays_or_no_image_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="has no delays"):
        receptive_fields(np.ones((3, 3)))
    with pytest.raises(ConfigurationError, match="did you mean 'delays'"):
        field_grouping(heard(), shuffled="delay")
    with pytest.raises(DataError, match="no image"):
        moran(np.ones(4))
    with pytest.raises(DataError, match="all cells are alike"):
        field_grouping(connections(np.zeros((3, 3)), delay=np.ones((3, 3))), width=1.0)
    with pytest.raises(UnsupportedError, match="memory"):
        receptive_fields(heard(), width=1e-9)
