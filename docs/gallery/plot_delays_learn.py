"""
Delays that learn
=================

Two detectors begin with delays that suit the other's class, and exchange them.
"""

import matplotlib.pyplot as plt
import numpy as np

import genprop as gp
from genprop import ms

data = gp.data.delay_line(samples=2, lag=15)
batch = next(iter(data.batches(2, seed=None)))
net = gp.Network("order")
net.population("input", 2, gp.spikes())
net.population("out", 2, gp.neuron("LI", tau_mem=10 * ms))
delay = gp.learn(gp.values(np.array([[0.0, 15.0], [15.0, 0.0]])), max=40 * ms)
net.connect("input", "out", gp.synapse("exp", tau=5 * ms), weight=1.0, delay=delay)
sim = gp.compile(
    net,
    loss=gp.CrossEntropy(gp.maximum("out", "v")),
    optimiser=gp.Adam(1.5),
    dt=1,
    duration=80,
    batch=2,
    backend="reference",
)
path = []
for _ in range(25):
    path.append(np.array(sim.parameters["input->out.delay"]))
    sim.gradients(batch)
    sim.step()

fig, ax = plt.subplots(layout="constrained")
for k, (pre, post) in enumerate(np.ndindex(2, 2)):
    ax.plot(np.array(path)[:, pre, post], color=gp.plot.COLOURS[k], label=f"{pre} to {post}")
ax.set(xlabel="presentation", ylabel="delay [ms]")
gp.plot.legend(ax)
