"""
Synapses that move
==================

DEEP R: a synapse whose magnitude reaches zero ends, and another begins elsewhere. How many did in each epoch.
"""

import genprop as gp
from genprop import ms

train = gp.data.yin_yang(400, seed=1)
net = gp.Network("rewired")
net.population("input", train.channels, gp.spikes())
net.population("hidden", 40, gp.neuron("LIF", tau_mem=20 * ms))
net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
exp = gp.synapse("exp", tau=5 * ms)
net.connect(
    "input",
    "hidden",
    exp,
    weight=gp.signed(gp.learn(gp.uniform(0.0, 2.0))),
    pattern=gp.sparse(0.4),
    rewire=gp.DeepR(),
)
net.connect("hidden", "out", exp, weight=gp.learn(gp.normal(0.0, 0.5)))
sim = gp.compile(
    net,
    loss=gp.CrossEntropy(gp.maximum("out", "v")) + 1e-3 * gp.L1("input->hidden.magnitude"),
    optimiser=gp.Adam(1e-2),
    dt=1,
    duration=60,
    batch=50,
    clock="grid",
    seed=1,
)
history = gp.fit(sim, train, epochs=8, progress=False)
gp.plot.turnover(history, "input->hidden", len(sim.parameters["input->hidden.magnitude"]))
