"""
A network draws itself
======================

Populations as boxes, projections as arrows, the loss below what it reads.
"""

import genprop as gp
from genprop import ms

net = gp.Network("diagram")
place = gp.learn(gp.uniform(-5, 5), dims=2)
net.population("input", 40, gp.spikes(), position=place)
net.population("excitatory", 80, gp.neuron("LIF"), position=place)
net.population("inhibitory", 20, gp.neuron("ALIF"), position=place)
net.population("out", 5, gp.neuron("LI"))
exp = gp.synapse("exp", tau=5 * ms)
weight = gp.learn(gp.normal(0.1, 0.05))
for one, other in (
    ("input", "excitatory"),
    ("excitatory", "inhibitory"),
    ("inhibitory", "excitatory"),
    ("excitatory", "excitatory"),
):
    net.connect(
        one, other, exp, weight=weight, delay=gp.distance(max=20 * ms), pattern=gp.sparse(0.2)
    )
net.connect("excitatory", "out", exp, weight=weight)
gp.plot.network(net.freeze(gp.CrossEntropy(gp.maximum("out", "v")), gp.Adam()))
