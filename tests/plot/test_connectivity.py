"""Figures of connections hold the numbers of the network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.analysis.connections import Connections, all_connections
from genprop.plot.connectivity import sign_map
from genprop.plot.signed import signed_image
from genprop.plot.style import COLOURS
from genprop.report.figures.fields import field_figures, shown_fields
from tests.plot.drawn import axes
from tests.stages.rewired import FEED, LOOP, rewired
from tests.stages.staged import batch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

pytest.importorskip("matplotlib", reason="matplotlib is in the extra 'plot'")
from matplotlib.colors import to_rgb, to_rgba


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
    gp.plot.signs(found, ax=ax)
    cell = (columns[j] + columns[j + 1]) / 2, (rows[i] + rows[i + 1]) / 2
    assert np.allclose(shade(ax, *cell), to_rgba(COLOURS[0 if mean[i, j] > 0 else 1]))


def test_every_cell_of_a_signed_image_has_the_shade_of_its_value() -> None:
    image, ax = np.random.default_rng().uniform(-3, 3, (5, 4)), axes()
    image[2, 1] = np.nan
    columns, rows = np.array([0.0, 1, 3, 4, 9]), np.arange(6.0)
    signed_image(ax, columns, rows, image, 3.0)
    for (i, j), value in np.ndenumerate(np.nan_to_num(image)):
        found = shade(ax, float(columns[j]) + 0.5, i + 0.5)
        step = round(abs(value) / 3 * 12)
        expected = (*to_rgb(COLOURS[0 if value > 0 else 1]), step / 12) if step else ()
        assert found.size == len(expected) and np.allclose(found, expected)


def test_the_field_of_the_strongest_neuron_is_drawn_and_the_mean_of_all() -> None:
    found = connected()
    strong = replace(found, weight=np.where(found.post == 3, 9.0 * found.weight, found.weight))
    fields, chosen = shown_fields(strong)
    assert chosen[0] == 3 and len(chosen) == 4
    ax = axes()
    gp.plot.receptive_field(fields, 3, label="a onto 3", ax=ax)
    i, j = np.unravel_index(np.argmax(np.abs(fields.image[3])), fields.image[3].shape)
    middle = [float(edges[k] + edges[k + 1]) / 2
              for edges, k in ((fields.delay_edges, j), (fields.channel_edges, i))]  # fmt: skip
    assert np.allclose(shade(ax, *middle), to_rgba(COLOURS[0 if fields.image[3, i, j] > 0 else 1]))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("delay [ms]", "a onto 3")
    mean = axes()
    gp.plot.average_receptive_field(fields, ax=mean)
    low, high = mean.get_xlim()
    assert low < 0 < high and mean.patches


def test_receptive_fields_are_a_figure_where_delays_differ() -> None:
    (figure,) = field_figures([connected()])
    assert figure.key == "receptive-fields"
    assert [panel.title for panel in figure.panels] == ["a->b", "a->b, aligned mean"]
    assert len(figure.panels[0].charts) == 4
    assert list(field_figures([replace(connected(), weight=np.zeros(280))])) == []


def shade(ax: Axes, x: float, y: float) -> np.ndarray:
    """The colour at a place, (4,); empty where nothing is drawn."""
    hit = [p for p in ax.patches if p.get_path().contains_point((x, y))]
    assert len(hit) < 2
    return np.asarray(hit[0].get_facecolor()) if hit else np.zeros(0)


def test_the_delays_of_each_sign_weigh_as_much_as_their_synapses() -> None:
    found, ax = connected(), axes()
    gp.plot.delays(found, ax=ax)
    heights = [np.asarray(patch.get_path().vertices)[:, 1].max() for patch in ax.patches]
    assert len(heights) == 2
    edges = np.histogram_bin_edges(found.delay, 30)
    for sign, height in zip((1, -1), heights, strict=True):
        own = np.sign(found.weight) == sign
        counts, _ = np.histogram(found.delay[own], edges, weights=np.abs(found.weight[own]))
        assert np.isclose(height, counts.max())


def test_positions_are_drawn_with_the_strongest_synapses_between_them() -> None:
    found, ax = connected(), axes()
    gp.plot.positions(found, ax=ax)
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
