"""Whether integers fit the chip, whoever made them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.limits import BIAS, DECAY, DELAY, THRESHOLD, Limit
from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.backends.loihi.chip.integers import IntegerNetwork

__all__ = ["incompatibilities"]


def incompatibilities(network: IntegerNetwork) -> Iterator[UnsupportedError]:
    """Every threshold, decay, bias and delay beyond its limit; weights are clipped by the chip."""
    for c in network.cells:
        numbers = ((THRESHOLD, c.vth), (DECAY, c.du + 1), (DECAY, c.dv), (BIAS, c.bias))
        for limit, values in numbers:
            yield from _beyond(f"population {c.name}", limit, np.asarray(values))
    for s in network.synapses:
        if s.delay is not None:
            yield from _beyond(f"synapses {s.pre}->{s.post}", DELAY, np.asarray(s.delay))


def _beyond(where: str, limit: Limit, values: np.ndarray) -> Iterator[UnsupportedError]:
    if not values.size:
        return
    worst = next((x for x in (values.min(), values.max()) if not limit.holds(x)), None)
    if worst is not None:
        yield UnsupportedError(
            f"its {limit.what} {int(worst)} is beyond {limit}",
            where=where,
            remedy="retarget() chooses scales that fit; give numbers within the limit",
        )
