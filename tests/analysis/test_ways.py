"""Efficiency and entropies agree with closed forms and with brute force."""

from __future__ import annotations

import numpy as np
import pytest

from genprop.analysis import (
    communicability_entropy,
    global_efficiency,
    row_entropy,
    row_entropy_of_neurons,
)
from genprop.errors import DataError, UnsupportedError

nx = pytest.importorskip("networkx", reason="networkx is in the extra 'analysis'")
linalg = pytest.importorskip("scipy.linalg", reason="scipy is in the extra 'analysis'")


def sparse(count: int) -> np.ndarray:
    rng = np.random.default_rng()
    return rng.normal(size=(count, count)) * (rng.random((count, count)) < 0.4)


def test_efficiency_is_the_mean_of_inverse_shortest_ways() -> None:
    weight = np.roll(np.eye(9), 1, axis=1) + sparse(9)
    size = np.abs(weight) * (1 - np.eye(9))
    graph = nx.DiGraph()
    for i, j in zip(*np.nonzero(size), strict=True):
        graph.add_edge(int(i), int(j), weight=size.max() / size[i, j])
    ways = dict(nx.all_pairs_dijkstra_path_length(graph))
    expected = sum(1 / ways[i][j] for i in ways for j in ways[i] if i != j) / 72
    assert np.isclose(global_efficiency(weight).value, expected)
    assert np.isclose(global_efficiency(-3 * weight).value, expected)


def test_a_clique_is_efficient_and_a_ring_as_its_steps() -> None:
    assert np.isclose(global_efficiency(np.ones((5, 5))).value, 1.0)
    ring = np.roll(np.eye(5), 1, axis=1)
    assert np.isclose(global_efficiency(ring).value, (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    apart = np.kron(np.eye(2), np.ones((3, 3)))
    assert np.isclose(global_efficiency(apart).value, 2 / 5)


def test_row_entropy_is_the_logarithm_of_equal_synapses() -> None:
    weight = np.array([[1.0, -1, 1, -1], [0, 5, 0, 0], [2, 0, 2, 0], [0, 0, 0, 0]])
    assert np.allclose(row_entropy_of_neurons(weight), [2, 0, 1, np.nan], equal_nan=True)
    assert row_entropy(weight).value == 1.0
    p = np.array([0.2, 0.3, 0.5])
    assert np.isclose(row_entropy(p[None]).value, -(p * np.log2(p)).sum())


def test_rows_that_are_even_have_more_entropy_than_shuffled_ones() -> None:
    weight = np.random.default_rng().random((20, 20))
    weight[:3] *= 100
    found = row_entropy(weight, nulls=19)
    assert found.nulls.size == 19 and found.p == 1 / 20
    with pytest.raises(DataError, match="are 0"):
        row_entropy(np.zeros((3, 3)))


def of_its_definition(weight: np.ndarray) -> float:
    """The communicability entropy of a network in which each neuron has a synapse with another."""
    apart = ~np.eye(len(weight), dtype=bool)
    size = np.abs(weight) * apart
    strength = (size.sum(0) + size.sum(1)) / 2
    ways = linalg.expm(size / np.sqrt(np.outer(strength, strength)))[apart]
    return -sum(q * np.log2(q) for q in ways / ways.sum() if q > 0)


def test_communicability_entropy_is_that_of_its_definition() -> None:
    weight = np.roll(np.eye(8), 1, axis=1) + sparse(8)
    expected = of_its_definition(weight)
    assert np.isclose(communicability_entropy(weight).value, expected)
    assert np.isclose(communicability_entropy(5 * weight).value, expected)


def test_a_neuron_without_a_synapse_takes_no_part_in_the_communicability() -> None:
    weight = np.roll(np.eye(7), 1, axis=1) + sparse(7)
    alone = np.pad(weight, ((2, 1), (2, 1)))
    alone[0, 0] = 3.0  # a connection with itself does not count
    assert np.isclose(communicability_entropy(alone).value, of_its_definition(weight))


def test_a_clique_has_the_largest_communicability_entropy() -> None:
    assert np.isclose(communicability_entropy(np.ones((6, 6))).value, np.log2(30))
    apart = np.kron(np.eye(2), np.ones((3, 3)))
    assert np.isclose(communicability_entropy(apart).value, np.log2(12))
    with pytest.raises(UnsupportedError, match="from one population to another"):
        communicability_entropy(np.ones((3, 4)))
