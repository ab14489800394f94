"""
How much neurons spike
======================

Spikes per neuron and trial in a network with and without a budget.
"""

import genprop as gp
from genprop import ms

train, valid = gp.data.yin_yang(600, seed=1), gp.data.yin_yang(400, seed=2)
net = gp.Network("yin_yang")
net.population("input", train.channels, gp.spikes())
net.population("hidden", 30, gp.neuron("LIF", tau_mem=20 * ms))
net.population("out", train.classes, gp.neuron("LI", tau_mem=20 * ms))
exp = gp.synapse("exp", tau=5 * ms)
net.connect(
    "input",
    "hidden",
    exp,
    weight=gp.learn(gp.normal(1.5, 0.8)),
    delay=gp.learn(gp.uniform(0, 10), max=20),
)
net.connect("hidden", "out", exp, weight=gp.learn(gp.normal(0.0, 0.5)))

ce = gp.CrossEntropy(gp.maximum("out", "v"))
rates = {}
for name, loss in (
    ("without", ce),
    ("with a budget of 1", ce + 1e-3 * gp.SpikeBudget("hidden", per_trial=1)),
):
    sim = gp.compile(
        net, loss=loss, optimiser=gp.Adam(2e-2), dt=1, duration=60, batch=50, clock="grid", seed=3
    )
    gp.fit(sim, train, epochs=6, progress=False)
    rates[name] = gp.evaluate(sim, valid).spikes["hidden"]

ax = gp.plot.activity(rates, mean="mean with it")
gp.plot.legend(ax)
