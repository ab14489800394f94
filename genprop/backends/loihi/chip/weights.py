"""What the chip makes of a weight matrix: a sign mode, clipping, and bits cut off.

The mode follows from the matrix: no negative weight is excitatory, no positive one inhibitory, else
mixed. Magnitudes are clipped to 255 (mixed ones to −256 … 255); of b bits requested, the lowest 8 −
b are cut off, one more where the sign takes a bit: w ← (w >> k) << k. Inhibitory weights are cut as
magnitudes, mixed ones towards −∞. Source: Lava 0.10, lava/utils/weightutils.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from genprop.backends.loihi.chip.integers import Integers

__all__ = ["stored_weights", "weight_step"]


def stored_weights(weight: Integers, bits: int) -> np.ndarray:
    """The weights the synapse memory holds, int64, of the same shape."""
    given = np.asarray(weight, np.int64)
    if given.size == 0 or given.min() >= 0:
        return _cut(np.clip(given, 0, 255), 8 - bits)
    if given.max() <= 0:
        return -_cut(np.clip(-given, 0, 255), 8 - bits)
    return _cut(np.clip(given, -256, 255), 9 - bits)


def weight_step(bits: int) -> int:
    """The distance of neighbouring 8-bit weights that ``bits`` bits can tell apart."""
    return 1 << (8 - bits)


def _cut(weight: np.ndarray, lowest: int) -> np.ndarray:
    return (weight >> lowest) << lowest
