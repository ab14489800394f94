"""
What a grid does to a spike
===========================

The same neuron on the exact clock and on grids: input and output are moved to steps.
"""

import matplotlib.pyplot as plt

import genprop as gp
from genprop import ms

net = gp.Network("rounded")
net.population("input", 1, gp.spikes())
net.population("cell", 1, gp.neuron("LIF", tau_mem=20 * ms))
net.connect("input", "cell", gp.synapse("exp", tau=5 * ms), weight=2.6)
batch = gp.data.SpikeBatch.from_events(
    [([3.3, 9.7, 13.4, 21.6, 27.1], [0] * 5)], channels=1, duration=50
)

fig, ax = plt.subplots(layout="constrained")
choices = {"exact": dict(clock="exact", dt=0.1)} | {
    f"grid {dt:g} ms": dict(clock="grid", dt=dt) for dt in (0.5, 1.0, 2.0)
}
for colour, (name, settings) in zip(gp.plot.COLOURS, choices.items()):
    sim = gp.compile(net, duration=50, batch=1, backend="reference", **settings)
    outcome = sim.run(batch, record=["cell.v", "cell.spikes"])
    gp.plot.states(outcome, "cell.v", chosen={0: (colour, name)}, ax=ax)
    for time in sim.spike_trains(outcome, "cell")[0][0]:
        ax.plot(time, 1.05, "v", color=colour, markersize=5)
gp.plot.legend(ax)
