"""
Augmentation
============

A sample, and what shifting channels, jitter, warping, dropping and an equaliser and a level make of it.
"""

import matplotlib.pyplot as plt
import numpy as np

import genprop as gp

rng = np.random.default_rng(0)
channels = np.repeat(np.arange(40), 3)
times = np.clip(10 + 1.5 * channels + rng.normal(0, 2, channels.size), 0, 99)
batch = gp.data.SpikeBatch.from_events([(times, channels)], channels=40, duration=100, labels=[0])
data = gp.data.Dataset(batch, classes=1)

choices = {
    "as it is": [],
    "Shift(8)": [gp.data.Shift(8)],
    "Jitter(4)": [gp.data.Jitter(4.0)],
    "Warp(0.3)": [gp.data.Warp(0.3)],
    "Drop(0.4)": [gp.data.Drop(0.4)],
    "Noise(10 Hz)": [gp.data.Noise(10 * gp.Hz)],
    "Equalise(1.0)": [gp.data.Equalise(1.0)],
    "Level(1000 Hz)": [gp.data.Level(1000 * gp.Hz)],
}
fig, axes = plt.subplots(2, 4, figsize=(11, 5), sharex=True, sharey=True, layout="constrained")
for ax, (name, changes) in zip(axes.flat, choices.items()):
    drawn = next(iter(data.with_augment(*changes).batches(1, seed=3)))
    gp.plot.raster(drawn, label="channel", colour=gp.plot.COLOURS[0], ax=ax)
    ax.set_title(name)
    ax.label_outer()
