"""
Which class is taken for which
==============================

Handwritten digits as spikes, the brighter the earlier, and the mistakes of a small network.
"""

import genprop as gp
from genprop import ms

train, test = gp.data.digits()
net = gp.Network("digits")
net.population("input", train.channels, gp.spikes())
net.population("hidden", 40, gp.neuron("LIF", tau_mem=20 * ms))
net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
exp = gp.synapse("exp", tau=5 * ms)
net.connect("input", "hidden", exp, weight=gp.learn(gp.normal(0.3, 0.3)))
net.connect("hidden", "out", exp, weight=gp.learn(gp.normal(0.0, 0.3)))
sim = gp.compile(
    net,
    loss=gp.CrossEntropy(gp.maximum("out", "v")),
    optimiser=gp.Adam(1e-2),
    dt=1,
    duration=40,
    batch=32,
    clock="grid",
    seed=1,
)
gp.fit(sim, train, epochs=6, progress=False)
gp.plot.confusion(gp.evaluate(sim, test))
