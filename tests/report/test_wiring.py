"""Figures of connections hold the numbers of the network."""

from __future__ import annotations

import numpy as np

import genprop as gp
from genprop.analysis.connections import Connections, all_connections
from genprop.report.figures.wiring import plot_delays, plot_positions, plot_signs, sign_map
from tests.report.drawn import axes
from tests.stages.rewired import FEED, LOOP, rewired
from tests.stages.staged import batch


def connected(places: bool = True) -> Connections:
    rng = np.random.default_rng()
    pre, post = (found.ravel() for found in np.indices((40, 7)))
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(7, 3))
    delay = np.linalg.norm(x[pre] - y[post], axis=1)
    weight = rng.normal(size=pre.size)
    places_of = (x, y) if places else (None, None)
    return Connections(pre, post, (40, 7), weight, delay, places_of, name="a->b")


def test_the_map_of_signs_holds_every_weight_at_its_channel_and_delay() -> None:
    found = connected()
    mean, rows, columns = sign_map(found)
    assert np.isclose(mean.sum() * 7, found.weight.sum())
    i, j = np.unravel_index(np.argmax(np.abs(mean)), mean.shape)
    inside = (found.pre >= rows[i] - 0.5) & (found.pre < rows[i + 1] - 0.5)
    inside &= (found.delay >= columns[j]) & (found.delay < columns[j + 1])
    inside |= inside & (j == mean.shape[1] - 1)
    assert np.isclose(mean[i, j] * 7, found.weight[inside].sum())
    ax = axes()
    plot_signs(ax, found)
    shown = [mesh.get_array() for mesh in ax.collections]
    blue, orange = (np.ma.getdata(a) for a in shown if a is not None)
    assert blue.shape == orange.shape and len(ax.collections) == 2


def test_the_delays_of_each_sign_weigh_as_much_as_their_synapses() -> None:
    found, ax = connected(), axes()
    plot_delays(ax, found)
    heights = [np.asarray(patch.get_path().vertices)[:, 1].max() for patch in ax.patches]
    assert len(heights) == 2
    edges = np.histogram_bin_edges(found.delay, 30)
    for sign, height in zip((1, -1), heights, strict=True):
        own = np.sign(found.weight) == sign
        counts, _ = np.histogram(found.delay[own], edges, weights=np.abs(found.weight[own]))
        assert np.isclose(height, counts.max())


def test_positions_are_drawn_with_the_strongest_synapses_between_them() -> None:
    found, ax = connected(), axes()
    plot_positions(ax, found)
    (edges,) = ax.collections
    assert len(edges.get_paths()) == 40 * 7
    strongest = np.argmax(np.abs(found.weight))
    ends = np.asarray(edges.get_paths()[-1].vertices)
    assert found.places is not None
    assert np.allclose(ends[0], found.places[0][found.pre[strongest], :2])
    assert np.allclose(ends[1], found.places[1][found.post[strongest], :2])


def test_what_is_shown_is_what_runs_and_what_was_rewired() -> None:
    sim = rewired(gp.SET(every=1, fraction=0.3), where=LOOP, weight="any", delay="distance")
    first = {c.name: c for c in all_connections(sim)}
    assert first[LOOP].unmoved == 1.0 and first[FEED].unmoved is None
    for k in range(3):
        sim.gradients(batch(k))
        sim.step()
    found = {c.name: c for c in all_connections(sim)}
    before = set(zip(first[LOOP].pre.tolist(), first[LOOP].post.tolist(), strict=True))
    after = set(zip(found[LOOP].pre.tolist(), found[LOOP].post.tolist(), strict=True))
    assert found[LOOP].unmoved == len(before & after) / len(after) < 1.0
    assert np.array_equal(found[LOOP].delay, sim.arrays()[f"{LOOP}.delay"])
    assert np.array_equal(found[LOOP].weight, sim.arrays()[f"{LOOP}.weight"])
