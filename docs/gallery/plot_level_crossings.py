"""
Signals as spikes
=================

A spike whenever a signal has moved by a threshold: one channel for upwards, one for downwards.
"""

import matplotlib.pyplot as plt
import numpy as np

import genprop as gp
from genprop import ms

time = np.arange(0, 200, 1.0)
signal = np.sin(time / 15) * np.exp(-time / 150)
batch = gp.data.level_crossings(signal[None, :, None], threshold=0.1, dt=1 * ms)

fig, (above, below) = plt.subplots(2, 1, sharex=True, layout="constrained", height_ratios=(2, 1))
above.plot(time, signal, color=gp.plot.GREY)
above.set_ylabel("signal")
gp.plot.raster(batch, label="down  up", colour=gp.plot.COLOURS[1], ax=below)
