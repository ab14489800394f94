"""
Rate over input
===============

How often a neuron spikes as its bias grows, without and with a refractory period.
"""

import matplotlib.pyplot as plt
import numpy as np

import genprop as gp
from genprop import ms

fig, ax = plt.subplots(layout="constrained")
drive = np.linspace(0.8, 4.0, 33)
for colour, held in zip(gp.plot.COLOURS, (0.0, 5.0)):
    net = gp.Network("rate")
    net.population("input", 1, gp.spikes())
    net.population("cells", len(drive), gp.neuron("LIF", tau_ref=held * ms, bias=gp.values(drive)))
    net.connect("input", "cells", gp.synapse("exp"), weight=0.0)
    sim = gp.compile(net, dt=1, duration=1000, batch=1, backend="reference", clock="grid")
    silent = gp.data.SpikeBatch.from_events([([], [])], channels=1, duration=1000)
    ax.plot(
        drive, sim.run(silent).spikes["cells"][0], color=colour, label=f"refractory for {held:g} ms"
    )
ax.set(xlabel="bias", ylabel="spikes per second")
gp.plot.legend(ax)
