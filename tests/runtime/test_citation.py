"""Whom to cite follows from what is used."""

from __future__ import annotations

import genprop as gp
from genprop import ms

EVENTPROP, DELAYS = "10.1038/s41598-021-91786-z", "2501.07331"


def network(delay: object = 0.0) -> gp.Network:
    net = gp.Network()
    source = net.population("input", 2, gp.spikes())
    out = net.population("out", 2, gp.neuron("LIF"))
    weight = gp.learn(gp.constant(1.0))
    net.connect(source, out, gp.synapse("exp"), weight=weight, delay=delay)  # type: ignore[arg-type]
    return net


def test_a_network_that_only_runs_cites_its_models() -> None:
    said = gp.citation(network())
    assert "Lapicque (1907)" in said
    assert "for the gradient" not in said
    assert DELAYS not in said


def test_learning_cites_the_method_once_and_what_learns() -> None:
    loss, learned = gp.CrossEntropy(gp.integral("out")), gp.learn(1 * ms, max=5 * ms)
    said = gp.citation(network(learned), loss, gp.Adam(1e-3))
    assert said.count(EVENTPROP) == 1
    assert said.index(EVENTPROP) < said.index("Lapicque")
    assert DELAYS in said
    assert "arXiv:1412.6980" in said


def test_first_spikes_cite_their_losses() -> None:
    loss = gp.FirstSpikeCrossEntropy("out", tau0=2 * ms)
    assert "10.1038/s42256-021-00388-x" in gp.citation(network(), loss)
