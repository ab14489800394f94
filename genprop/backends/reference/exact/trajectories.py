"""What an exact run leaves behind: the events in order, and each neuron's state at all times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from genprop.backends.reference.exact.cells import ORDER

__all__ = ["Arrival", "Event", "Release", "Sending", "Spike", "Trajectory", "evaluate"]

_EXPONENTS = np.arange(ORDER + 1)
_AT_ONCE = 4096
"""Times at which states are read in one go, in a few megabytes."""


@dataclass(slots=True, eq=False)
class Sending:
    """One spike of ``neuron`` on the sender's side: the states ``before`` it and its ``value``.

    ``pieces`` lead there from the spike before, as starts and polynomials; ``dL_dvalue`` is summed
    in reverse over its arrivals.
    """

    neuron: int
    time: float
    before: np.ndarray
    value: float
    pieces: Sequence[tuple[float, np.ndarray]]
    dL_dvalue: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Spike:
    """Neuron ``neuron`` of ``population`` spikes: states ``before`` and ``after`` the reset.

    ``inducer`` is the arrival that crossed the threshold, None where the flow did.
    """

    time: float
    population: str
    neuron: int
    before: np.ndarray
    after: np.ndarray
    inducer: Arrival | None


@dataclass(frozen=True, slots=True, eq=False)
class Arrival:
    """A spike arrives over synapse ``synapse`` (flat index) of projection ``projection``.

    ``cause`` is the spike that was sent at ``emitted``, None for one of the input. ``held`` says
    that the neuron was refractory. ``sending`` is what the sender's side made of it, if it has one.
    """

    time: float
    population: str
    neuron: int
    before: np.ndarray
    after: np.ndarray
    projection: int
    synapse: int
    weight: float
    held: bool
    emitted: float
    cause: Spike | None
    sending: Sending | None = None

    @property
    def value(self) -> float:
        """By what the weight is multiplied."""
        return 1.0 if self.sending is None else self.sending.value


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """The refractory period after ``spike`` ends; the state is continuous."""

    time: float
    population: str
    neuron: int
    before: np.ndarray
    after: np.ndarray
    spike: Spike


Event = Spike | Arrival | Release


@dataclass(slots=True)
class Trajectory:
    """One neuron's state as Taylor polynomials: piece k runs from ``starts[k]`` to the next.

    ``held`` tells the refractory pieces; ``opened`` is the event at the start of a piece, if any.
    """

    starts: list[float] = field(default_factory=list)
    pieces: list[np.ndarray] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    opened: list[Event | None] = field(default_factory=list)
    _arrays: tuple[np.ndarray, np.ndarray] | None = None
    """``starts`` and ``pieces`` as arrays, once states have been read."""

    def append(self, start: float, piece: np.ndarray, held: bool, opened: Event | None) -> None:
        """Continue with another piece; one of no length is replaced."""
        if self.starts and self.starts[-1] == start:
            for column in (self.starts, self.pieces, self.held, self.opened):
                column.pop()
        self._arrays = None
        self.starts.append(start)
        self.pieces.append(piece)
        self.held.append(held)
        self.opened.append(opened)

    def at(self, times: np.ndarray) -> np.ndarray:
        """States at ``times`` (m,), after the event where one falls on a time: (m, S)."""
        if self._arrays is None:
            self._arrays = np.array(self.starts), np.array(self.pieces)
        found = np.empty((len(times), self._arrays[1].shape[2]))
        for first in range(0, len(times), _AT_ONCE):  # each with the coefficients of its piece
            part = slice(first, first + _AT_ONCE)
            found[part] = self._at(times[part], *self._arrays)
        return found

    @staticmethod
    def _at(times: np.ndarray, starts: np.ndarray, pieces: np.ndarray) -> np.ndarray:
        index = np.searchsorted(starts, times, side="right") - 1
        powers = (times - starts[index])[:, None] ** _EXPONENTS
        return np.einsum("mk,mks->ms", powers, pieces[index])


def evaluate(piece: np.ndarray, offset: float) -> np.ndarray:
    """The state ``offset`` [ms] after the start of a piece: (S,)."""
    return offset**_EXPONENTS @ piece
