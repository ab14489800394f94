"""
What a network learned of Yin-Yang
==================================

Every test point, in the colour of the class that the network takes it for.
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
sim = gp.compile(
    net,
    loss=gp.CrossEntropy(gp.maximum("out", "v")),
    optimiser={"weight": gp.Adam(2e-2), "delay": gp.Adam(0.1)},
    dt=1,
    duration=60,
    batch=50,
    clock="grid",
    seed=3,
)

gp.fit(sim, train, epochs=12, progress=False)
classes = gp.predict(sim, valid)
first = np.array(
    [
        valid.spikes.sample(k)[0][np.argsort(valid.spikes.sample(k)[1])][:2]
        for k in range(len(valid))
    ]
)

fig, ax = plt.subplots(figsize=(6.4, 5), layout="constrained")
for k in range(3):
    ax.plot(*first[classes == k].T, ".", color=gp.plot.COLOURS[k], label=f"class {k}")
wrong = classes != valid.labels
ax.plot(
    *first[wrong].T, "o", markersize=9, markerfacecolor="none", color=gp.plot.GREY, label="wrong"
)
ax.set(xlabel="spike of channel 0 [ms]", ylabel="spike of channel 1 [ms]", aspect="equal")
gp.plot.legend(ax)
