"""
Hodgkin and Huxley's axon
=========================

No reset: the channels themselves end an action potential, and its gradient passes through them.
"""

import genprop as gp
from genprop import ms

net = gp.Network("axon")
net.population("input", 1, gp.spikes())
net.population("axon", 1, gp.neuron("hodgkin_huxley"))
net.connect("input", "axon", gp.synapse("exp", tau=5 * ms), weight=25.0)
sim = gp.compile(net, dt=0.05, duration=40, batch=1, backend="reference")

batch = gp.data.SpikeBatch.from_events([([5.0, 22.0], [0, 0])], channels=1, duration=40)
sim.run(batch, record=["axon.v", "axon.m", "axon.n"]).plot(batch)
