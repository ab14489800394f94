"""Every figure is a function of data and axes, and draws the numbers that it was given."""

from __future__ import annotations

import inspect
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

import genprop as gp
from genprop import ms

if TYPE_CHECKING:
    from collections.abc import Callable

pytest.importorskip("matplotlib", reason="matplotlib is in the extra 'plot'")
import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

FUNCTIONS = [name for name in gp.plot.__all__ if name.islower() and name != "legend"]


@pytest.fixture(autouse=True)
def no_figure_stays_open() -> Any:
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def data() -> gp.data.Dataset:
    return gp.data.yin_yang(24, seed=3)


def described(data: gp.data.Dataset) -> gp.Network:
    net, exp = gp.Network("drawn"), gp.synapse("exp", tau=5 * ms)
    place = gp.learn(gp.uniform(-3, 3), dims=2)
    source = net.population("input", data.channels, gp.spikes(), position=place)
    hidden = net.population("hidden", 6, gp.neuron("LIF", tau_mem=20 * ms), position=place)
    out = net.population("out", data.classes, gp.neuron("LI", tau_mem=20 * ms))
    weight = gp.learn(gp.normal(1.5, 0.8))
    net.connect(source, hidden, exp, weight=weight, delay=gp.distance(max=20 * ms))
    net.connect(
        hidden, hidden, exp, weight=weight, delay=2 * ms, pattern=gp.sparse(0.3), rewire=gp.SET()
    )
    net.connect(hidden, out, exp, weight=weight)
    return net


@pytest.fixture(scope="module")
def sim(data: gp.data.Dataset) -> gp.Simulator:
    net = described(data)
    loss = gp.CrossEntropy(gp.maximum("out", "v"))
    return gp.compile(
        net, loss=loss, optimiser=gp.Adam(1e-2), dt=1 * ms, duration=40 * ms, batch=24, seed=5,
        backend="reference", clock="grid",
    )  # fmt: skip


@pytest.fixture(scope="module")
def history(sim: gp.Simulator, data: gp.data.Dataset) -> gp.train.History:
    return gp.fit(sim, data, data, epochs=2, progress=False)


@pytest.fixture
def calls(
    sim: gp.Simulator, data: gp.data.Dataset, history: gp.train.History
) -> dict[str, Callable[..., object]]:
    """Each figure with what it is about."""
    batch = next(iter(data.batches(24, seed=None)))
    outcome = sim.run(batch, record=["hidden.spikes", "out.v"])
    fields = gp.analysis.receptive_fields(sim, "input->hidden")
    size = len(sim.parameters["hidden->hidden.weight"])
    p = gp.plot
    return {
        "activity": lambda **k: p.activity(gp.evaluate(sim, data).spikes["hidden"], **k),
        "adjoint": lambda **k: p.adjoint(gp.neuron("LIF"), **k),
        "average_receptive_field": lambda **k: p.average_receptive_field(fields, **k),
        "confusion": lambda **k: p.confusion(gp.evaluate(sim, data), **k),
        "delays": lambda **k: p.delays(sim, "input->hidden", **k),
        "distribution": lambda **k: p.distribution(sim.parameters["hidden->out.weight"], **k),
        "durations": lambda **k: p.durations(history, **k),
        "learning_curves": lambda **k: p.learning_curves(history, "accuracy", **k),
        "network": lambda **k: p.network(sim, **k),
        "positions": lambda **k: p.positions(sim, "input->hidden", **k),
        "raster": lambda **k: p.raster(batch, sample=2, **k),
        "receptive_field": lambda **k: p.receptive_field(fields, 1, **k),
        "recorded": lambda **k: p.recorded(outcome, batch),
        "signs": lambda **k: p.signs(sim, "input->hidden", **k),
        "states": lambda **k: p.states(outcome, "out.v", sample=1, **k),
        "turnover": lambda **k: p.turnover(history, "hidden->hidden", size, **k),
        "weights": lambda **k: p.weights(sim, "hidden->hidden", **k),
    }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_figure_is_drawn_on_given_axes_and_on_new_ones(
    name: str, calls: dict[str, Callable[..., object]]
) -> None:
    new = calls[name]()
    if name == "recorded":
        assert isinstance(new, list) and all(isinstance(ax, Axes) for ax in new)
        return
    assert isinstance(new, Axes) and new.has_data() | bool(new.texts) | bool(new.patches)
    before = pyplot.get_fignums()
    given = pyplot.subplots()[1]
    assert calls[name](ax=given) is given
    assert len(pyplot.get_fignums()) == len(before) + 1
    given.figure.canvas.draw()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_without_matplotlib_the_line_to_install_it_is_reported(
    name: str, calls: dict[str, Callable[..., object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(gp.GenpropError, match=r"pip install 'genprop\[plot\]'"):
        calls[name]()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_figure_takes_axes_and_says_what_it_draws(name: str) -> None:
    function = getattr(gp.plot, name)
    assert inspect.getdoc(function)
    if name != "recorded":
        assert inspect.signature(function).parameters["ax"].default is None


def test_what_a_run_recorded_is_drawn_sample_by_sample(
    sim: gp.Simulator, data: gp.data.Dataset
) -> None:
    batch = next(iter(data.batches(24, seed=None)))
    outcome = sim.run(batch, record=["hidden.spikes", "out.v"])
    above, middle, below = outcome.plot(batch, sample=4)
    times, _ = batch.sample(4)
    drawn = np.asarray(above.get_lines()[0].get_xdata()).reshape(-1, 3)[:, 0]
    assert np.allclose(np.sort(drawn), np.sort(times))
    assert (above.get_ylabel(), middle.get_ylabel(), below.get_ylabel()) == (
        "input",
        "hidden",
        "out.v",
    )
    spikes, _ = sim.spike_trains(outcome, "hidden")[4]
    drawn = np.asarray(middle.get_lines()[0].get_xdata()).reshape(-1, 3)[:, 0]
    assert np.allclose(drawn, spikes)
    curves = np.stack([np.asarray(line.get_ydata()) for line in below.get_lines()], axis=1)
    assert np.array_equal(curves, np.asarray(outcome.recorded["out.v"])[4])
    assert below.get_xlim() == (0.0, 40.0)
    with pytest.raises(gp.errors.DataError, match="there is no sample 24"):
        outcome.plot(sample=24)
    with pytest.raises(gp.errors.DataError, match="nothing was recorded"):
        sim.run(batch).plot()


def test_spikes_of_the_exact_clock_are_drawn_at_their_times(data: gp.data.Dataset) -> None:
    sim = gp.compile(
        described(data), dt=1 * ms, duration=40 * ms, batch=24, seed=5, backend="reference"
    )
    outcome = sim.run(next(iter(data.batches(24, seed=None))), record=["hidden.spikes"])
    sample = int(np.argmax(outcome.spikes["hidden"].sum(axis=1)))
    (ax,) = outcome.plot(sample=sample)
    times, neurons = sim.spike_trains(outcome, "hidden")[sample]
    x, y = (np.asarray(v).reshape(-1, 3) for v in ax.get_lines()[0].get_data())
    assert times.size and np.allclose(x[:, 0], times)
    assert np.allclose(y[:, :2].mean(axis=1), neurons)
    assert not np.allclose(times, np.round(times))


def test_weights_are_an_image_with_nothing_where_no_synapse_is(sim: gp.Simulator) -> None:
    ax = gp.plot.weights(sim, "hidden->hidden")
    (image,) = ax.get_images()
    found = gp.analysis.connections(sim, "hidden->hidden")
    shown = np.ma.filled(np.ma.asarray(image.get_array()), np.nan)
    assert np.array_equal(np.isnan(shown), found.matrix(np.ones(found.weight.size)) == 0)
    assert np.allclose(np.nan_to_num(shown), found.matrix())
    assert image.get_clim() == pytest.approx((-abs(found.weight).max(), abs(found.weight).max()))


def test_a_diagram_has_a_box_per_population_and_an_arrow_per_projection(sim: gp.Simulator) -> None:
    ax = gp.plot.network(sim)
    boxes = [p for p in ax.patches if isinstance(p, FancyBboxPatch)]
    arrows = [p for p in ax.patches if isinstance(p, FancyArrowPatch)]
    assert (len(boxes), len(arrows)) == (3, 3)
    assert [box.get_x() for box in boxes] == sorted(box.get_x() for box in boxes)
    words = [text.get_text() for text in ax.texts]
    for expected in ("input", "hidden", "out", "6 × lif", "exp, delays\nlearns w\nderives d"):
        assert expected in words
    assert "cross entropy of maximum v" in words
    assert any(word.startswith("exp, sparse, delays") for word in words)


def test_a_ring_of_populations_has_a_diagram() -> None:
    net, exp = gp.Network("ring"), gp.synapse("exp")
    one, other = (net.population(name, 2, gp.neuron("LIF")) for name in ("one", "other"))
    net.connect(one, other, exp, weight=1.0)
    net.connect(other, one, exp, weight=1.0)
    net.connect(one, other, exp, weight=1.0)
    ax = gp.plot.network(net)
    assert len([p for p in ax.patches if isinstance(p, FancyArrowPatch)]) == 3


def test_a_notebook_shows_the_diagram_in_the_colours_of_its_text(
    data: gp.data.Dataset, sim: gp.Simulator
) -> None:
    for shown in (described(data), sim):
        html = shown._repr_html_()
        svg = html[html.index("<svg") : html.index("</svg>") + len("</svg>")]
        svg = svg.replace("xlink:href", "href")
        words = "".join(ET.fromstring(svg).itertext())
        assert "hidden" in words and "currentColor" in svg and "#1b1f24" not in svg
        assert html == shown._repr_html_()


def test_a_notebook_without_matplotlib_has_the_text_alone(
    data: gp.data.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    html = described(data)._repr_html_()
    assert "Network(&#x27;drawn&#x27;" in html and "genprop[plot]" in html


def test_a_network_that_cannot_be_yet_says_why_in_a_notebook() -> None:
    assert "has no population" in gp.Network("empty")._repr_html_()


NEURONS = {m.name: gp.neuron(m.name) for m in gp.list_models() if m.kind == "neuron"}


@pytest.mark.parametrize("name", [name for name, found in NEURONS.items() if not found.spec.send])
def test_the_equations_of_every_neuron_are_typeset(name: str) -> None:
    neuron = NEURONS[name]
    ax = gp.plot.adjoint(neuron)
    ax.figure.canvas.draw()  # raises for what matplotlib does not typeset
    lines = sum(len(found) for _, found in neuron.adjoint().sections)  # pyright: ignore[reportAttributeAccessIssue]
    assert sum(text.get_text().startswith("$") for text in ax.texts) == lines


def test_a_neuron_that_sends_values_has_no_adjoint_to_typeset() -> None:
    (first, *_) = (found for found in NEURONS.values() if found.spec.send)
    with pytest.raises(gp.errors.UnsupportedError, match="sends values"):
        gp.plot.adjoint(first)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gp.plot.raster(cast("Any", "abc")), "are no spikes"),
        (lambda: gp.plot.raster([], sample=0), "there is no sample 0"),
        (lambda: gp.plot.states("abc"), "are no states over time"),
        (lambda: gp.plot.states(np.zeros((2, 2, 2))), "are no states over time"),
        (lambda: gp.plot.confusion(np.zeros((2, 3))), "no matrix of classes"),
        (lambda: gp.plot.network(cast("Any", 3)), "gp.Network"),
        (lambda: gp.plot.adjoint(cast("Any", 3)), "gp.Neuron"),
        (lambda: gp.plot.delays(np.ones((2, 3))), "no delays to draw"),
        (lambda: gp.plot.positions(np.ones((2, 2))), "no positions in a plane"),
        (lambda: gp.plot.learning_curves(gp.train.History()), "neither train.loss"),
    ],
)
def test_what_cannot_be_drawn_says_why(call: Callable[[], object], message: str) -> None:
    with pytest.raises(gp.GenpropError, match=message):
        call()
