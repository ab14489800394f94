"""
The adjoint over time
=====================

A probe of weight zero changes nothing, and the gradient of its weight is the adjoint of the current it would move: probes at many times show p(t), with its kinks at the spikes of the neuron (dashed).
"""

import matplotlib.pyplot as plt
import numpy as np

import genprop as gp
from genprop import ms

probes = np.arange(0.5, 60.0, 0.5)
net = gp.Network("probed")
net.population("input", 1, gp.spikes())
net.population("probe", len(probes), gp.spikes())
net.population("cell", 1, gp.neuron("LIF", tau_mem=20 * ms))
net.population("out", 1, gp.neuron("LI", tau_mem=20 * ms))
exp = gp.synapse("exp", tau=5 * ms)
net.connect("input", "cell", exp, weight=4.5)
net.connect("probe", "cell", exp, weight=gp.learn(0.0))
net.connect("cell", "out", exp, weight=1.0)
sim = gp.compile(
    net,
    loss=gp.MeanSquare(gp.final("out", "v")),
    optimiser=gp.Adam(),
    dt=1,
    duration=60,
    batch=1,
    backend="reference",
)

given = gp.data.SpikeBatch.from_events(
    [([5.0, 12.0, 22.0, 30.0, 38.0, 46.0], [0] * 6)], channels=1, duration=60
)
probing = gp.data.SpikeBatch.from_events(
    [(probes, np.arange(len(probes)))], channels=len(probes), duration=60
)
batch = gp.data.SpikeBatch.join(
    {"input": given, "probe": probing}, targets=np.array([[0.2]], np.float32)
)
_, gradients = sim.gradients(batch)
spikes, _ = sim.spike_trains(sim.run(batch, record=["cell.spikes"]), "cell")[0]

fig, ax = plt.subplots(layout="constrained")
ax.plot(probes, gradients["probe->cell.weight"][:, 0], ".-", color=gp.plot.COLOURS[0])
for time in spikes:
    ax.axvline(time, color=gp.plot.GREY, linestyle="--", linewidth=0.8)
ax.set(xlabel="time [ms]", ylabel="$p_I = \\partial L/\\partial I$")
