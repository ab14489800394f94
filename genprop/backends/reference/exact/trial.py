"""One trial of the exact solver: what came in, and what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.exact.trajectories import Spike

if TYPE_CHECKING:
    from genprop.backends.reference.exact.senders import SenderRun
    from genprop.backends.reference.exact.trajectories import Event, Sending, Trajectory

__all__ = ["InputSpikes", "Trial"]

InputSpikes = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""The input of one trial: per source population, spike times [ms] and channels."""


@dataclass(slots=True)
class Trial:
    """What happened: every event in order, trajectories per neuron, spikes per population.

    ``senders`` are those of projections, by number, and ``sent`` what each spike made of them
    (None: all spikes of the input, in order).
    """

    duration: float
    events: list[Event]
    trajectories: Mapping[str, Sequence[Trajectory]]
    senders: Mapping[int, SenderRun]
    sent: Mapping[Spike | None, Sequence[tuple[int, Sending]]]

    def spikes(self, population: str) -> list[Spike]:
        """The spikes of one population, in order."""
        return [e for e in self.events if isinstance(e, Spike) and e.population == population]
