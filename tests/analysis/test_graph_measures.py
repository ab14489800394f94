"""Measures of graphs agree with closed forms, with networkx, and see planted structure."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import genprop as gp
from genprop.analysis import clustering, clustering_of_neurons, communities, modularity
from genprop.errors import ConfigurationError, DataError, UnsupportedError
from tests.stages.rewired import FEED, LOOP, rewired

nx = pytest.importorskip("networkx", reason="networkx is in the extra 'analysis'")


def cliques(count: int, size: int) -> np.ndarray:
    return np.kron(np.eye(count), np.ones((size, size)))


def q_of(weight: np.ndarray, label: np.ndarray) -> float:
    """Directed modularity as the sum over pairs in its definition."""
    size = np.abs(weight) * (1 - np.eye(len(weight)))
    total = size.sum()
    found = 0.0
    for i in range(len(size)):
        for j in range(len(size)):
            if label[i] == label[j]:
                found += size[i, j] - size[i].sum() * size[:, j].sum() / total
    return found / total


def partitions(count: int) -> Iterator[list[int]]:
    """All of ``count`` neurons, as labels that begin at 0."""
    stack = [[0]]
    while stack:
        head = stack.pop()
        if len(head) == count:
            yield head
        else:
            stack += [[*head, k] for k in range(max(head) + 2)]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_separate_cliques_have_the_modularity_of_the_closed_form(count: int) -> None:
    weight = -cliques(count, 4)
    assert np.isclose(modularity(weight).value, 1 - 1 / count)
    assert np.array_equal(communities(weight), np.repeat(np.arange(count), 4))


def test_modularity_is_that_of_its_communities_and_nearly_the_best_of_all() -> None:
    weight = np.random.default_rng().normal(size=(7, 7)) ** 3
    found = float(modularity(weight, runs=10))
    assert np.isclose(found, q_of(weight, communities(weight, runs=10)))
    best = max(q_of(weight, np.array(label)) for label in partitions(7))
    assert best - 0.05 <= found <= best + 1e-12


def test_modules_stand_out_from_shuffled_weights_and_noise_does_not() -> None:
    rng = np.random.default_rng()
    noise = rng.random((24, 24))
    planted = noise + 2 * cliques(3, 8)
    assert modularity(planted, nulls=19).p == 1 / 20
    assert modularity(planted, nulls=19).z > 5
    one, same = (modularity(noise, nulls=9, seed=4) for _ in range(2))
    assert one.value == same.value and np.array_equal(one.nulls, same.nulls)


def test_clustering_is_that_of_networkx() -> None:
    rng = np.random.default_rng()
    weight = rng.normal(size=(12, 12)) * (rng.random((12, 12)) < 0.5)
    size = np.abs(weight) * (1 - np.eye(12))
    graph = nx.from_numpy_array(size, create_using=nx.DiGraph)
    theirs = nx.clustering(graph, weight="weight")
    ours = clustering_of_neurons(weight)
    assert np.allclose(ours, [theirs[k] for k in range(12)], atol=1e-12)
    assert np.isclose(clustering(weight).value, np.mean(ours))


def test_clustering_of_a_clique_is_one_and_of_a_ring_zero() -> None:
    assert np.allclose(clustering_of_neurons(np.ones((6, 6))), 1.0)
    assert np.allclose(clustering_of_neurons(np.roll(np.eye(6), 1, axis=1)), 0.0)
    assert np.allclose(clustering_of_neurons(0.25 * cliques(2, 3)), 1.0)


@pytest.mark.parametrize("measure", [modularity, clustering])
def test_a_scale_or_sign_of_weights_and_the_order_of_neurons_do_not_count(
    measure: Callable[..., gp.analysis.Compared],
) -> None:
    rng = np.random.default_rng()
    weight = cliques(2, 5) + 0.1 * rng.random((10, 10))
    order = rng.permutation(10)
    value = measure(weight).value
    assert np.isclose(measure(-7 * weight).value, value)
    assert np.isclose(measure(weight[np.ix_(order, order)]).value, value)
    assert np.isclose(measure(weight + 100 * np.eye(10)).value, value)


@pytest.mark.parametrize("measure", [modularity, clustering])
def test_a_simulator_and_its_matrix_give_the_same(
    measure: Callable[..., gp.analysis.Compared],
) -> None:
    sim = rewired(gp.SET(every=1), where=LOOP)
    weight = gp.analysis.connections(sim, LOOP).matrix()
    assert np.isclose(measure(sim, LOOP).value, measure(weight).value)
    with pytest.raises(UnsupportedError, match="from one population to another"):
        measure(sim, FEED)
    with pytest.raises(DataError, match="are 0"):
        measure(np.eye(4))


def test_without_networkx_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: object, **more: object) -> object:
        if name == "networkx":
            raise ImportError(name)
        return real(name, *args, **more)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigurationError, match=r"pip install 'genprop\[analysis\]'"):
        modularity(np.ones((3, 3)))
    assert clustering(np.ones((3, 3))).value == 1.0
