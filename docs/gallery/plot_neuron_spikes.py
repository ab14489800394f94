"""
A neuron that spikes
====================

Three input spikes, the synaptic current they make, and the membrane potential up to the threshold.
"""

import genprop as gp
from genprop import ms

net = gp.Network("one")
net.population("input", 1, gp.spikes())
net.population("cell", 1, gp.neuron("LIF", tau_mem=20 * ms))
net.connect("input", "cell", gp.synapse("exp", tau=5 * ms), weight=2.5)
sim = gp.compile(net, dt=0.1, duration=60, batch=1, backend="reference")

batch = gp.data.SpikeBatch.from_events([([5.0, 15.0, 22.0], [0, 0, 0])], channels=1, duration=60)
sim.run(batch, record=["cell.spikes", "cell.I", "cell.v"]).plot(batch)
