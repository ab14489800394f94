"""Neurons that send values may use every function of the language, on native as on reference."""

from __future__ import annotations

import numpy as np

import genprop as gp
from genprop import ms
from tests.graded.networks import alike

EVERY = (
    "sqrt(q*q + 1) + exp(-n*n) + log(n*n + 2) + sin(n)*cos(q) + tanh(n - q) + abs(n)*sign(q)"
    " + min(n, q) + max(n, 0.3) + exprel(-abs(n))"
)


def test_every_function_gives_what_the_reference_gives() -> None:
    neuron = gp.Neuron(
        "functions",
        flow=f"dn/dt = ({EVERY} - 9*n)/tau",
        send=f"value = {EVERY}",
        inputs=("q",),
        parameters={"tau": gp.learn(20 * ms, min=1 * ms)},
    )
    net = gp.Network("functions")
    x = net.population("x", 5, gp.graded())
    cells = net.population("cells", 18, neuron)
    out = net.population("out", 3, gp.neuron("li", tau_mem=3 * ms))
    into = gp.Synapse("into", arrival="q = q + w*value")
    net.connect(x, cells, into, weight=gp.learn(gp.normal(0.0, 0.5)))
    read = gp.Synapse("read", arrival="I = I + w*value")
    net.connect(cells, out, read, weight=gp.learn(gp.normal(0.0, 0.5)))
    rng = np.random.default_rng()
    batch = gp.data.GradedBatch.of(rng.normal(size=(4, 5)), labels=[0, 1, 2, 0])
    found: list[tuple[float, dict[str, np.ndarray]]] = []
    both = (gp.Native(precision="double"), "reference")
    loss_of = gp.CrossEntropy(gp.final("out", "v"))
    for sim in alike(net, both, loss=loss_of, dt=1.0, duration=5_000.0, batch=4, tolerance=1e-12):
        loss, gradients = sim.gradients(batch)
        found.append((float(loss), gradients))
    (loss, own), (expected, wanted) = found
    assert abs(loss - expected) < 1e-9
    for name, gradient in wanted.items():
        np.testing.assert_allclose(own[name], gradient, rtol=1e-7, atol=1e-9, err_msg=name)
        assert np.any(gradient), name
