"""Neurons stand on cores that hold them, and hops are those of every spike."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import genprop as gp
from genprop.backends.loihi.chip.integers import Cells, IntegerNetwork, Synapses
from genprop.backends.loihi.chip.limits import SYNAPSE_BYTES_PER_CORE
from genprop.backends.loihi.placement.bisection import bisected, by_cut, by_position
from genprop.backends.loihi.placement.mesh import hops, sites
from genprop.backends.loihi.placement.place import (
    METHODS,
    Placement,
    place,
    spike_hops,
    synapse_bytes,
)
from genprop.errors import ConfigurationError, UnsupportedError
from tests.stages.spatial import spatial
from tests.stages.staged import batch


def network(weight: np.ndarray, out: int = 6) -> IntegerNetwork:
    """A recurrent population, read by another, behind a source."""
    rng = np.random.default_rng()
    count = len(weight)
    onto = rng.integers(-3, 4, (count, out))
    return IntegerNetwork(
        {"in": 4},
        (Cells("hidden", count, 700, 200, 900), Cells("out", out, 700, 200, 900)),
        (
            Synapses("in", "hidden", rng.integers(-3, 4, (4, count))),
            Synapses("hidden", "hidden", weight, delay=np.ones_like(weight)),
            Synapses("hidden", "out", onto),
        ),
    )


def random_network(count: int = 41) -> tuple[IntegerNetwork, dict[str, np.ndarray]]:
    rng = np.random.default_rng()
    weight = rng.integers(-5, 6, (count, count)) * (rng.random((count, count)) < 0.3)
    spikes = {"hidden": rng.integers(0, 9, count), "out": rng.integers(0, 9, 6)}
    return network(weight), spikes


def walked(net: IntegerNetwork, placed: Placement, spikes: dict[str, np.ndarray]) -> int:
    """Every spike, packet by packet, step by step over the mesh."""
    total = 0
    for synapses in net.synapses:
        if synapses.pre == "in":
            continue
        for i, count in enumerate(spikes[synapses.pre]):
            targets = np.flatnonzero(synapses.weight[i])
            goals = {tuple(placed.site[synapses.post][j].tolist()) for j in targets}
            for goal in goals:
                at = placed.site[synapses.pre][i].tolist()
                while tuple(at) != goal:
                    axis = 0 if at[0] != goal[0] else 1
                    at[axis] += 1 if goal[axis] > at[axis] else -1
                    total += int(count)
    return total


@pytest.mark.parametrize("method", METHODS)
def test_hops_are_those_of_every_spike_walked_over_the_mesh(method: str) -> None:
    net, spikes = random_network()
    place_of = {"hidden": np.random.default_rng().normal(size=(41, 3))}
    placed = place(net, method, place_of, spikes, neurons_per_core=5)
    assert walked(net, placed, spikes) == spike_hops(net, placed, spikes) > 0


@pytest.mark.parametrize("method", METHODS)
def test_cores_are_balanced_and_hold_one_population(method: str) -> None:
    net, spikes = random_network()
    place_of = {"hidden": np.random.default_rng().normal(size=(41, 2))}
    placed = place(net, method, place_of, spikes, neurons_per_core=5)
    assert placed.cores == {"hidden": 9, "out": 2}
    taken: list[tuple[int, int]] = []
    for name, count in placed.cores.items():
        own, held = np.unique(placed.site[name], axis=0, return_counts=True)
        assert len(own) == count and held.max() <= 5 and np.ptp(held) <= 1
        taken += [(int(a), int(b)) for a, b in own]
    assert len(taken) == len(set(taken)) == 11


def test_sites_of_a_population_are_neighbours_on_the_mesh() -> None:
    found = sites({"a": 5, "b": 1, "c": 10})
    line = np.concatenate([*found.values()])
    assert np.array_equal(hops(line[1:], line[:-1]), np.ones(15))
    assert line.min() == 0 and line.max() == 3
    with pytest.raises(UnsupportedError, match="129 cores are more than"):
        sites({"a": 129})


def test_more_synapses_than_a_core_holds_take_more_cores() -> None:
    weight = np.ones((600, 600), int)
    weight[:, :300] = 0  # the others have all of them
    net = network(weight)
    spikes = {"hidden": np.ones(600), "out": np.ones(6)}
    placed = place(net, "index", {}, spikes)
    own, core = np.unique(placed.site["hidden"], axis=0, return_inverse=True)
    load = np.bincount(core.ravel(), synapse_bytes(net, "hidden"))
    assert load.max() <= SYNAPSE_BYTES_PER_CORE.lowest < load.sum()
    fewer = np.bincount(np.sort(np.arange(600) % (len(own) - 1)), synapse_bytes(net, "hidden"))
    assert fewer.max() > SYNAPSE_BYTES_PER_CORE.lowest


def test_near_neurons_come_onto_near_cores() -> None:
    rng = np.random.default_rng()
    square = np.stack(np.meshgrid(range(4), range(4), indexing="ij"), axis=-1).reshape(-1, 2)
    neighbours: list[float] = []
    for _ in range(10):
        x = square[rng.permutation(16)]
        core = bisected(16, square, by_position(x + 0.1 * rng.random((16, 2))))
        apart = hops(square[core][:, None], square[core][None])
        neighbours.append(apart[hops(x[:, None], x[None]) == 1].mean())
    assert np.mean(neighbours) < 2.0  # by chance 2.67
    line = np.stack([np.zeros(5, int), np.arange(5)], axis=1)
    ordered = bisected(20, line, by_position(np.arange(20.0)[:, None]))
    assert np.array_equal(ordered, np.arange(20) // 4)


def test_a_cut_finds_planted_halves_and_is_nearly_the_best() -> None:
    rng = np.random.default_rng()
    half = rng.permutation(np.repeat([0, 1], 20))
    traffic = np.where(half[:, None] == half[None], 5.0, 1.0) * rng.random((40, 40))
    found = by_cut(traffic)(np.arange(40), 20)
    assert len({*half[found[:20]].tolist()}) == 1
    small = rng.random((10, 10))
    np.fill_diagonal(small, 0)
    both = small + small.T
    every = np.array([*combinations(range(10), 5)])
    cuts = [both[a].sum() - both[np.ix_(a, a)].sum() for a in every]
    order = by_cut(small)(np.arange(10), 5)
    own = both[np.ix_(order[:5], order[5:])].sum()
    assert min(cuts) - 1e-9 <= own < np.quantile(cuts, 0.2)


def test_local_networks_travel_less_by_position_and_by_cut_than_by_index() -> None:
    rng = np.random.default_rng()
    x = rng.random((64, 2))
    near = np.linalg.norm(x[:, None] - x[None], axis=2) < 0.25
    net = network(near.astype(int))
    spikes = {"hidden": np.ones(64), "out": np.zeros(6)}
    far = {
        m: spike_hops(net, place(net, m, {"hidden": x}, spikes, neurons_per_core=4), spikes)
        for m in METHODS
    }
    assert far["position"] < 0.8 * far["index"] and far["min-cut"] < 0.9 * far["index"]


def test_a_chip_counts_its_spikes_and_reports_its_hops() -> None:
    sim = spatial(recur=gp.distance(max=30), backend="reference")
    chip = sim.retarget()
    with pytest.raises(UnsupportedError, match="no data ran"):
        chip.hops(chip.placement())
    assert chip.report().placements == ()
    outcomes = [chip.run(batch(k), record=["hidden.spikes"]) for k in range(2)]
    activity = chip.report().activity
    counts = sum(
        np.bincount(np.asarray(one)[:, 1], minlength=5)
        for outcome in outcomes
        for one in outcome.recorded["hidden.spikes"]
    )
    assert np.array_equal(activity.neurons["hidden"], counts)
    assert activity.neurons["hidden"].sum() == activity.spikes["hidden"] > 0
    spread = chip.placement("position", neurons_per_core=2)
    assert spread.cores == {"hidden": 3, "out": 2}
    expected = walked(chip.network, spread, activity.neurons) / activity.samples
    assert chip.hops(spread) == expected > 0
    assert [p.method for p in chip.report().placements] == [*METHODS]
    assert "placed by min-cut on 2 cores" in str(chip.report())


def test_what_cannot_be_placed_is_refused() -> None:
    net, spikes = random_network()
    with pytest.raises(ConfigurationError, match="did you mean 'min-cut'"):
        place(net, "mincut", {}, spikes)
    with pytest.raises(UnsupportedError, match="no population has positions"):
        place(net, "position", {}, spikes)
    with pytest.raises(ConfigurationError, match="neurons_per_core cannot be 0"):
        place(net, "index", {}, spikes, neurons_per_core=0)
