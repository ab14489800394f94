"""
Short-term plasticity
=====================

The same regular train through a synapse that depresses and one that facilitates.
"""

import matplotlib.pyplot as plt
import numpy as np

import genprop as gp
from genprop import ms

fig, ax = plt.subplots(layout="constrained")
times = np.arange(10.0, 250.0, 20.0)
batch = gp.data.SpikeBatch.from_events(
    [(times, np.zeros(len(times), int))], channels=1, duration=300
)
kinds = {
    "depressing": dict(U=0.6, tau_f=20 * ms, tau_d=300 * ms),
    "facilitating": dict(U=0.1, tau_f=400 * ms, tau_d=30 * ms),
}
for colour, (name, values) in zip(gp.plot.COLOURS, kinds.items()):
    net = gp.Network("plastic")
    net.population("input", 1, gp.spikes())
    net.population("cell", 1, gp.neuron("LI", tau_mem=10 * ms))
    net.connect("input", "cell", gp.synapse("tsodyks_markram", tau=5 * ms, **values), weight=1.0)
    sim = gp.compile(net, dt=0.5, duration=300, batch=1, backend="reference")
    gp.plot.states(sim.run(batch, record=["cell.v"]), "cell.v", chosen={0: (colour, name)}, ax=ax)
gp.plot.legend(ax)
