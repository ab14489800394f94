"""
Neurons with positions
======================

Delays are distances in the plane, and the positions learn in their place.
"""

import matplotlib.pyplot as plt

import genprop as gp
from genprop import ms

train = gp.data.yin_yang(400, seed=1)
net = gp.Network("plane")
place = gp.learn(gp.uniform(-5, 5), dims=2)
net.population("input", train.channels, gp.spikes(), position=place)
net.population("hidden", 20, gp.neuron("LIF", tau_mem=20 * ms), position=place)
net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
exp = gp.synapse("exp", tau=5 * ms)
net.connect(
    "input", "hidden", exp, weight=gp.learn(gp.normal(1.0, 1.0)), delay=gp.distance(max=20 * ms)
)
net.connect("hidden", "out", exp, weight=gp.learn(gp.normal(0.0, 0.5)))
sim = gp.compile(
    net,
    loss=gp.CrossEntropy(gp.maximum("out", "v")),
    optimiser={"weight": gp.Adam(1e-2), "position": gp.Adam(0.1)},
    dt=1,
    duration=60,
    batch=50,
    clock="grid",
    seed=1,
)
fig, (before, after) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
gp.plot.positions(sim, "input->hidden", ax=before)
gp.fit(sim, train, epochs=6, progress=False)
gp.plot.positions(sim, "input->hidden", ax=after)
before.set_title("before")
after.set_title("after 6 epochs")
