"""Every batch of an epoch is learned from, the first and the last, partial one included."""

from __future__ import annotations

import numpy as np

import genprop as gp


def simulator() -> gp.Simulator:
    net = gp.Network("small")
    source = net.population("input", 5, gp.spikes())
    out = net.population("out", 3, gp.neuron("LI"))
    net.connect(source, out, gp.synapse("exp"), weight=gp.learn(gp.normal(0.5, 0.5)))
    return gp.compile(
        net,
        loss=gp.CrossEntropy(gp.integral(out)),
        optimiser=gp.SGD(0.5),
        clock="grid",
        dt=1,
        duration=60,
        batch=4,
        backend="reference",
    )


def learned(dataset: gp.data.Dataset, skip: int | None = None) -> np.ndarray:
    """The weights after one epoch written out by hand, one batch left out."""
    sim = simulator()
    for index, batch in enumerate(dataset.batches(4, seed=(3, 1))):
        if index != skip:
            sim.gradients(batch)
            sim.step()
    return sim.parameters["input->out.weight"].copy()


def test_an_epoch_of_fit_is_every_batch_in_turn() -> None:
    dataset = gp.data.yin_yang(10, 1, duration=60)
    sim = simulator()
    gp.fit(sim, dataset, epochs=1, seed=3, progress=False)
    found = sim.parameters["input->out.weight"]
    assert np.array_equal(found, learned(dataset))
    for forgotten in range(3):
        assert not np.allclose(found, learned(dataset, skip=forgotten), atol=1e-6)
