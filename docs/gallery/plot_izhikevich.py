"""
Izhikevich's neuron
===================

A flow that is not linear: stepped by Runge-Kutta, with spikes located inside their steps.
"""

import numpy as np

import genprop as gp
from genprop import ms

net = gp.Network("izhikevich")
net.population("input", 1, gp.spikes())
net.population("cell", 1, gp.neuron("izhikevich"))
net.connect("input", "cell", gp.synapse("exp", tau=5 * ms), weight=9.0)
sim = gp.compile(net, dt=0.25, duration=150, batch=1, backend="reference")

times = np.arange(5.0, 150.0, 3.0)
batch = gp.data.SpikeBatch.from_events(
    [(times, np.zeros(len(times), int))], channels=1, duration=150
)
sim.run(batch, record=["cell.spikes", "cell.v", "cell.u"]).plot(batch)
