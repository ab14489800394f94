"""What one sees of an object in a notebook is what it is, in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

import genprop as gp
from genprop import ms
from genprop.errors import DescriptionError


def test_objects_show_what_they_are() -> None:
    net = gp.Network("small")
    source = net.population("input", 5, gp.spikes())
    neuron = gp.neuron("LIF", tau_mem=gp.learn(20 * ms))
    hidden = net.population("hidden", 7, neuron)
    exp = gp.synapse("exp", tau=5 * ms)
    weight = gp.learn(gp.normal(0.0, 1.0))
    projection = net.connect(source, hidden, exp, weight=weight, delay=gp.learn(3 * ms, max=9 * ms))
    out = net.population("out", 3, gp.neuron("LI"))
    other = net.connect(hidden, out, exp, weight=1.0)
    assert (
        repr(net) == "Network('small': input (5), hidden (7), out (3); input->hidden, hidden->out)"
    )
    assert repr(source) == "Population('input', 5 × spikes())"
    assert repr(hidden) == "Population('hidden', 7 × lif)"
    assert repr(neuron).startswith("Neuron('lif': tau_mem = 20, learned, v_th = 1")
    assert repr(exp) == "Synapse('exp': tau = 5)"
    assert repr(projection) == "Projection('input->hidden', dense, learned weight and delay)"
    assert repr(other) == "Projection('hidden->out', dense)"
    loss = gp.CrossEntropy(gp.maximum(out, "v")) + 0.5 * gp.SpikeBudget(hidden, 2.0)
    first, second = repr(loss).removeprefix("Loss(").split(" + ")
    assert first == "1 × cross_entropy(maximum(out.v))"
    assert second.startswith("0.5 × spike_budget(mean_count(hidden")
    sim = gp.compile(
        net, loss=loss, optimiser=gp.Adam(), clock="grid", dt=1.0, duration=9.0, backend="reference"
    )
    assert repr(sim) == (
        "Simulator('small', backend 'reference', grid clock, dt 1 ms, duration 9 ms, batch 32, "
        "71 learned parameters)"
    )


def test_an_optimiser_shows_the_call_that_makes_it() -> None:
    assert repr(gp.SGD(0.1, 0.5)) == "update('sgd', rate=0.1, momentum=0.5)"
    assert eval(repr(gp.AdamW(2e-3)), {"update": gp.update}) == gp.AdamW(2e-3)


def test_data_show_how_much_they_are_and_not_every_event() -> None:
    data = gp.data.yin_yang(10, seed=1)
    assert repr(data) == (
        "Dataset('yin-yang', <SpikeBatch of 10 samples, 5 channels, 50 events, 60 ms>, 3 classes)"
    )


@pytest.mark.parametrize(
    ("make", "meant"),
    [
        (lambda: gp.Adam(lr=1e-3), "did you mean 'rate'?"),
        (lambda: gp.SGD(learning_rate=1e-3), "did you mean 'rate'?"),
        (lambda: gp.AdamW(weight_decay=0.1), "did you mean 'decay'?"),
        (lambda: gp.Adam(eps=1e-8), "did you mean 'epsilon'?"),
        (lambda: gp.update("adam", betas=0.9), "did you mean 'beta1' and 'beta2'?"),
        (lambda: gp.SGD(momentun=0.9), "did you mean 'momentum'?"),
    ],
)
def test_settings_by_the_names_of_other_libraries_are_understood(make: object, meant: str) -> None:
    assert callable(make)
    with pytest.raises(DescriptionError) as caught:
        make()
    assert meant in str(caught.value)
    assert "has no setting" in str(caught.value)


def test_what_a_training_gives_is_shown_in_a_line_and_never_as_arrays(tmp_path: Path) -> None:
    """A notebook shows the last value of a cell by its repr."""
    net, data = gp.Network("shown"), gp.data.yin_yang(60, seed=0)
    source = net.population("input", data.channels, gp.spikes())
    cells = net.population("cells", 4, gp.neuron("LIF", tau_mem=20 * ms))
    out = net.population("out", data.classes, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    net.connect(source, cells, exp, weight=gp.learn(gp.normal(1.5, 0.8)))
    net.connect(cells, out, exp, weight=gp.learn(gp.normal(0.0, 0.5)))
    sim = gp.compile(
        net,
        loss=gp.CrossEntropy(gp.maximum(out, "v")),
        optimiser=gp.Adam(),
        clock="grid",
        dt=1.0,
        duration=60.0,
        batch=20,
        backend="reference",
    )
    history = gp.fit(sim, data, epochs=2, progress=False)
    chip, batch = sim.retarget(), next(iter(data.batches(4, seed=None)))
    assert repr(history).startswith("History(2 epochs; last: ")
    assert repr(gp.train.History()) == "History(0 epochs)"
    assert repr(gp.evaluate(sim, data)).startswith("Evaluation(60 samples, loss ")
    assert repr(chip) == "Chip('shown': cells (4), out (3); 8 weight bits)"
    assert repr(chip.report()).startswith("Report('shown' on Loihi 2, 8 weight bits")
    outcome = repr(sim.run(batch, record=["cells.spikes", "out.v"]))
    assert outcome.startswith("Outcome(loss ")
    assert "cells.spikes of 4 samples" in outcome and "out.v (4, 60, 3)" in outcome
    saver = gp.Checkpoint(tmp_path / "x.h5", best="last")
    assert repr(saver).startswith("Checkpoint(path=") and "every=1" in repr(saver)
    assert repr(gp.train.Clip(norm=1.0)) == "Clip(norm=1.0, value=None, name='clip')"
    shown = (history, chip, chip.report(), sim, saver, gp.agreement(sim, chip, data))
    for one in (*shown, sim.parameters, gp.show(net, "source").__class__, sim.target):
        assert "array(" not in repr(one) and " object at 0x" not in repr(one)
