"""What a rewiring rule knows of earlier updates: their number, and delays of removed synapses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.draws import Values
from genprop.errors import CheckpointError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genprop.describe.draws import Initialiser

__all__ = ["Progress"]


def _none() -> NDArray[np.int64]:
    return np.zeros(0, np.int64)


@dataclass(slots=True)
class Progress:
    """State of a rule, and what it keeps between a batch and its update.

    Attributes:
        updates: how many there were.
        expected: synapses that were regrown last.
        regrown: synapses that were regrown so far.
        removed: (k,) sender · post + receiver of synapses removed last, in that order.
        removed_delays: (k,) what they had [ms].
        pairs: candidates of the last batch.
        delays: theirs, where each synapse has its own.
        slope: ∂L/∂m of the candidates.
    """

    updates: int = 0
    expected: int = 0
    regrown: int = 0
    removed: NDArray[np.int64] = field(default_factory=_none)
    removed_delays: np.ndarray = field(default_factory=lambda: np.zeros(0))
    pairs: NDArray[np.int64] | None = None
    delays: np.ndarray | None = None
    slope: np.ndarray | None = None

    def clear(self) -> None:
        """The candidates."""
        self.pairs = self.delays = self.slope = None

    def keep(self, pairs: np.ndarray, delays: np.ndarray, limit: int) -> None:
        """Remember synapses that are removed now, and drop the oldest beyond ``limit``."""
        old = ~np.isin(self.removed, pairs)
        self.removed = np.concatenate([self.removed[old], pairs])[-limit:]
        self.removed_delays = np.concatenate([self.removed_delays[old], delays])[-limit:]

    def recall(
        self, pairs: np.ndarray, drawn_from: Initialiser, rng: np.random.Generator
    ) -> np.ndarray:
        """The delays that ``pairs`` had; new ones for those that are not remembered."""
        if isinstance(drawn_from, Values):
            drawn = rng.choice(drawn_from.array.ravel(), pairs.size)
        else:
            drawn = drawn_from.sample(rng, (pairs.size,))
        if not self.removed.size:
            return drawn
        order = np.argsort(self.removed, kind="stable")
        known = self.removed[order]
        place = np.minimum(np.searchsorted(known, pairs), known.size - 1)
        return np.where(known[place] == pairs, self.removed_delays[order][place], drawn)

    def state(self) -> dict[str, np.ndarray]:
        """What is needed to go on bit by bit."""
        return {
            "updates": np.array(self.updates),
            "expected": np.array(self.expected),
            "regrown": np.array(self.regrown),
            "removed": self.removed,
            "removed_delays": self.removed_delays,
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """The reverse of :meth:`state`; an empty one is that of the beginning.

        Raises:
            CheckpointError: for other arrays.
        """
        if state and state.keys() != self.state().keys():
            raise CheckpointError(
                f"a rewiring rule keeps {', '.join(self.state())}, not {', '.join(sorted(state))}",
                remedy="compile the network it was saved from",
            )
        self.clear()
        counts = (int(state.get(k, 0)) for k in ("updates", "expected", "regrown"))
        self.updates, self.expected, self.regrown = counts
        self.removed = np.array(state.get("removed", _none()), np.int64)
        self.removed_delays = np.array(state.get("removed_delays", np.zeros(0)), np.float64)
