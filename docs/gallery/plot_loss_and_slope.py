"""
A loss and its slope
====================

The loss over one weight, and the tangents that the gradient gives. Where a spike appears the loss jumps, and no gradient knows of it.
"""

import matplotlib.pyplot as plt
import numpy as np

import genprop as gp
from genprop import ms

net = gp.Network("slope")
net.population("input", 1, gp.spikes())
net.population("cell", 1, gp.neuron("LIF", tau_mem=20 * ms))
net.population("out", 1, gp.neuron("LI", tau_mem=20 * ms))
exp = gp.synapse("exp", tau=5 * ms)
net.connect("input", "cell", exp, weight=gp.learn(2.0))
net.connect("cell", "out", exp, weight=1.0)
sim = gp.compile(
    net,
    loss=gp.MeanSquare(gp.final("out", "v")),
    optimiser=gp.Adam(),
    dt=1,
    duration=40,
    batch=1,
    backend="reference",
)
batch = gp.data.SpikeBatch.from_events(
    [([3.0, 8.0, 14.0], [0] * 3)], channels=1, duration=40, targets=np.array([[0.1]], np.float32)
)


def at(weight):
    sim.parameters["input->cell.weight"] = np.array([[weight]])
    value, gradients = sim.gradients(batch)
    return value, gradients["input->cell.weight"].item()


weights = np.linspace(1.0, 4.5, 141)
fig, ax = plt.subplots(layout="constrained")
ax.plot(weights, [at(w)[0] for w in weights], ".", markersize=3, color=gp.plot.GREY)
for weight in (1.9, 2.6, 3.4, 4.2):
    value, slope = at(weight)
    reach = np.array([-0.2, 0.2])
    ax.plot(weight + reach, value + slope * reach, color=gp.plot.COLOURS[1], linewidth=2)
ax.set(xlabel="weight", ylabel="loss")
