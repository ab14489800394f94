"""
What a neuron hears
===================

Weights onto one neuron by channel and delay: a receptive field in space and time.
"""

import numpy as np

import genprop as gp

rng = np.random.default_rng(1)
channel, late = np.meshgrid(np.arange(40), rng.uniform(0, 30, 4), indexing="ij")
pre = channel.ravel()
delay = rng.uniform(0, 30, pre.size)
weight = np.cos(0.4 * (pre - delay)) * np.exp(-((pre - 20) ** 2 + (delay - 15) ** 2) / 200)
found = gp.analysis.Connections(
    pre, np.zeros(pre.size, int), (40, 1), weight, delay, name="input->hidden"
)
gp.plot.receptive_field(gp.analysis.receptive_fields(found, rows=20, width=2.0), 0, label="channel")
