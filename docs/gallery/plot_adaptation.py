"""
Adaptation
==========

The threshold of an adaptive neuron rises with each of its spikes; from above, more and more.
"""

import numpy as np

import genprop as gp
from genprop import ms

net = gp.Network("adaptive")
net.population("input", 1, gp.spikes())
net.population("cells", 4, gp.neuron("ALIF", beta=gp.values(np.array([0.0, 0.1, 0.2, 0.4]))))
net.connect("input", "cells", gp.synapse("exp", tau=5 * ms), weight=2.0)
sim = gp.compile(net, dt=0.5, duration=200, batch=1, backend="reference", clock="grid")

times = np.arange(2.0, 200.0, 4.0)
batch = gp.data.SpikeBatch.from_events(
    [(times, np.zeros(len(times), int))], channels=1, duration=200
)
sim.run(batch, record=["cells.spikes", "cells.v"]).plot()
