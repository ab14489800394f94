"""
Dale's law
==========

All synapses of a neuron have its sign: whole rows are blue or orange.
"""

import genprop as gp

net = gp.Network("dale")
net.population("a", 30, gp.spikes())
net.population("b", 20, gp.neuron("LIF"))
weight = gp.dale(gp.learn(gp.normal(0.5, 0.3)), excitatory=0.7)
net.connect("a", "b", gp.synapse("exp"), weight=weight, pattern=gp.sparse(0.5))
sim = gp.compile(net, dt=1, duration=20, batch=1, backend="reference", seed=1)
gp.plot.weights(sim, "a->b")
