"""
Learning curves of three seeds
==============================

One training says little. The same network from three first draws.
"""

import matplotlib.pyplot as plt
import numpy as np

import genprop as gp
from genprop import ms

train, valid = gp.data.yin_yang(600, seed=1), gp.data.yin_yang(400, seed=2)
net = gp.Network("yin_yang")
net.population("input", train.channels, gp.spikes())
net.population("hidden", 30, gp.neuron("LIF", tau_mem=20 * ms))
net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
exp = gp.synapse("exp", tau=5 * ms)
net.connect(
    "input",
    "hidden",
    exp,
    weight=gp.learn(gp.normal(1.5, 0.8)),
    delay=gp.learn(gp.uniform(0, 10), max=20),
)
net.connect("hidden", "out", exp, weight=gp.learn(gp.normal(0.0, 0.5)))
settings = dict(
    loss=gp.CrossEntropy(gp.maximum("out", "v")),
    optimiser={"weight": gp.Adam(2e-2), "delay": gp.Adam(0.1)},
    dt=1,
    duration=60,
    batch=50,
    clock="grid",
)

fig, ax = plt.subplots(layout="constrained")
for seed in range(3):
    sim = gp.compile(net, seed=seed, **settings)
    history = gp.fit(sim, train, valid, epochs=8, seed=seed, progress=False)
    ax.plot(
        1 + np.arange(8),
        100 * history["valid.accuracy"],
        color=gp.plot.COLOURS[seed],
        label=f"seed {seed}",
    )
ax.set(xlabel="epoch", ylabel="validation accuracy [%]")
gp.plot.legend(ax)
