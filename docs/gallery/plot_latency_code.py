"""
Images as spikes
================

The brighter a pixel, the earlier its spike: an eight and its 64 channels.
"""

import matplotlib.pyplot as plt
import numpy as np

import genprop as gp

train, _ = gp.data.digits()
which = int(np.flatnonzero(train.labels == 8)[0])
times, channels = train.spikes.sample(which)
image = np.zeros(64)
image[channels] = 20.0 - times

fig, (left, right) = plt.subplots(
    1, 2, figsize=(8, 3.6), layout="constrained", width_ratios=(1, 1.5)
)
left.imshow(image.reshape(8, 8), cmap="gray")
left.set_axis_off()
gp.plot.raster(train.spikes, sample=which, label="channel", colour=gp.plot.COLOURS[0], ax=right)
