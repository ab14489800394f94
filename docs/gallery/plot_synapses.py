"""
Three synapses
==============

What one spike does to a leaky integrator through an exponential, an alpha and a delta synapse.
"""

import matplotlib.pyplot as plt

import genprop as gp
from genprop import ms

fig, ax = plt.subplots(layout="constrained")
batch = gp.data.SpikeBatch.from_events([([5.0], [0])], channels=1, duration=80)
for colour, kind, values in zip(
    gp.plot.COLOURS, ("exp", "alpha", "delta"), (dict(tau=5 * ms), dict(tau=5 * ms), {})
):
    net = gp.Network("psp")
    net.population("input", 1, gp.spikes())
    net.population("cell", 1, gp.neuron("LI", tau_mem=20 * ms))
    net.connect("input", "cell", gp.synapse(kind, **values), weight=1.0)
    sim = gp.compile(net, dt=0.5, duration=80, batch=1, backend="reference")
    outcome = sim.run(batch, record=["cell.v"])
    gp.plot.states(outcome, "cell.v", chosen={0: (colour, kind)}, ax=ax)
gp.plot.legend(ax)
