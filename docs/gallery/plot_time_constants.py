"""
Time constants that learn
=========================

Membrane time constants of 40 neurons, one each, before and after training.
"""

import genprop as gp
from genprop import ms

train = gp.data.yin_yang(600, seed=1)
net = gp.Network("time_constants")
net.population("input", train.channels, gp.spikes())
net.population(
    "hidden", 40, gp.neuron("LIF", tau_mem=gp.learn(gp.normal(20 * ms, 2 * ms), min=3 * ms))
)
net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
exp = gp.synapse("exp", tau=5 * ms)
net.connect("input", "hidden", exp, weight=gp.learn(gp.normal(1.8, 0.8)))
net.connect("hidden", "out", exp, weight=gp.learn(gp.normal(0.0, 0.5)))
sim = gp.compile(
    net,
    loss=gp.CrossEntropy(gp.maximum("out", "v")),
    optimiser={"weight": gp.Adam(1e-2), "tau_mem": gp.Adam(0.3)},
    dt=1,
    duration=60,
    batch=50,
    clock="grid",
    seed=1,
)
before = sim.parameters["hidden.tau_mem"].copy()
gp.fit(sim, train, epochs=8, progress=False)
ax = gp.plot.distribution(
    {"after": sim.parameters["hidden.tau_mem"], "before": before},
    label="tau_mem [ms]",
    count="neurons",
)
gp.plot.legend(ax)
