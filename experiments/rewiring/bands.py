"""The 700 cochlear channels as 40 bands: the same for spikes here and for the frames of dcls.py."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import genprop as gp


def banded(data: gp.data.Dataset, bands: int) -> gp.data.Dataset:
    """Every channel's spikes in its band; bands are neighbours, of 17 or 18 channels where 40."""
    spikes = data.spikes
    band = (spikes.channels.astype(np.int64) * bands) // spikes.channels_total
    merged = replace(spikes, channels=band.astype(np.int32), channels_total=bands)
    return replace(data, spikes=merged)


def frames(data: gp.data.Dataset, step: float) -> np.ndarray:
    """Spikes per frame of ``step`` ms and band, (samples, bands, frames), each sample standardised.

    A real-valued recording as the published model hears one: the logarithm of 1 + the count, of
    which the sample's own mean is taken off, divided by its own standard deviation.
    """
    spikes, count = data.spikes, len(data)
    length = round(data.duration / step)
    owner = np.repeat(np.arange(count), np.diff(spikes.start))
    place = (owner * data.channels + spikes.channels) * length
    place += np.minimum((spikes.times / step).astype(np.int64), length - 1)
    counts = np.bincount(place, minlength=count * data.channels * length)
    logs = np.log1p(counts).reshape(count, data.channels, length)
    mean = logs.mean(axis=(1, 2), keepdims=True)
    deviation = logs.std(axis=(1, 2), keepdims=True)
    return ((logs - mean) / np.maximum(deviation, 1e-6)).astype(np.float32)
