"""
Weights in few bits
===================

The weights of a network and those of the chip at 8 and at 4 bits.
"""

import matplotlib.pyplot as plt
import numpy as np

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
sim = gp.compile(
    net,
    loss=gp.CrossEntropy(gp.maximum("out", "v")),
    optimiser={"weight": gp.Adam(2e-2), "delay": gp.Adam(0.1)},
    dt=1,
    duration=60,
    batch=50,
    clock="grid",
    seed=3,
)

gp.fit(sim, train, epochs=4, progress=False)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained", sharey=True)
exact = sim.parameters["input->hidden.weight"]
for ax, bits in zip(axes, (8, 4)):
    chip = sim.retarget("loihi", gp.Quantise(weight_bits=bits, calibrate=valid))
    agreed = gp.agreement(sim, chip, valid)
    layer = next(s for s in chip.network.synapses if s.post == "hidden")
    scale = np.abs(exact).max() / max(np.abs(layer.weight).max(), 1)
    gp.plot.distribution(
        {"float": exact, "chip": scale * layer.weight}, label="weight", count="synapses", ax=ax
    )
    ax.set_title(f"{bits} bits: {agreed.predictions:.1%} the same predictions")
    ax.legend()
