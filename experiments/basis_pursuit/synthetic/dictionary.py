"""The dictionary of this experiment, and its groups."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import genprop as gp
from genprop.testing.incoherent import block_coherence, incoherent_dictionary

if TYPE_CHECKING:
    import numpy as np

DIM, COUNT, SIZE = 100, 75, 4
GROUPS = gp.groups(COUNT * SIZE, SIZE)


@cache
def dictionary() -> tuple[np.ndarray, float]:
    """D (100, 300) of groups of 4 orthonormal atoms, and its coherence μ_B."""
    found = incoherent_dictionary(DIM, COUNT, SIZE, 0.1644, iterations=300, seed=1)
    return found, block_coherence(found, GROUPS)
