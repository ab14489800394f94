"""Records states and spikes of a trial of the interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from genprop.backends.reference.forward import PopulationRun
    from genprop.backends.reference.senders import SenderRun

__all__ = ["Recorder"]


class Recorder:
    """Records what is requested: ``"population.state"``, ``".spikes"``, ``"projection.state"``."""

    def __init__(
        self, record: tuple[str, ...], senders: Mapping[str, SenderRun] | None = None
    ) -> None:
        self.requested = [tuple(name.rsplit(".", 1)) for name in record]
        self.senders = senders or {}
        self.states: dict[str, list[np.ndarray]] = {}

    def delivered(self, step: int, runs: Mapping[str, PopulationRun]) -> None:
        """Nothing is recorded between steps."""

    def observe(self, step: int, runs: Mapping[str, PopulationRun]) -> None:
        """Nothing is recorded before the resets."""

    def fired(self, step: int, runs: Mapping[str, PopulationRun], fired: object) -> None:
        """States at t_{n+1}, after the resets; spikes are read off the tape in the end."""
        moved = {owner: self.senders[owner].states(step) for owner in self._sending()}
        for owner, what in self.requested:
            if what not in ("spikes", "spike_times"):
                found = moved[owner] if owner in moved else runs[owner].values
                self.states.setdefault(f"{owner}.{what}", []).append(np.array(found[what]))

    def finish(
        self, runs: Mapping[str, PopulationRun], batch: int
    ) -> dict[str, list[np.ndarray] | np.ndarray]:
        """What was recorded, by name."""
        recorded: dict[str, list[np.ndarray] | np.ndarray] = {
            name: np.stack(states, axis=1) for name, states in self.states.items()
        }
        for population, what in self.requested:
            if what == "spikes":
                recorded[f"{population}.spikes"] = _spike_lists(runs[population], batch)
            elif what == "spike_times":
                recorded[f"{population}.spike_times"] = _time_lists(runs[population], batch)
        return recorded

    def _sending(self) -> set[str]:
        return {owner for owner, _ in self.requested if owner in self.senders}


def _spike_lists(run: PopulationRun, batch: int) -> list[np.ndarray]:
    rows = [
        np.stack([s.sample, np.full(len(s.sample), n), s.neuron], axis=1)
        for n, s in enumerate(run.tape.spikes)
    ]
    every = np.concatenate(rows) if rows else np.zeros((0, 3), np.int64)
    return [every[every[:, 0] == b][:, 1:].astype(np.int32) for b in range(batch)]


def _time_lists(run: PopulationRun, batch: int) -> list[np.ndarray]:
    """The same with times [ms] in place of steps."""
    rows = [
        np.stack([s.sample, float(run.clock.instant(n)) + s.times, s.neuron], axis=1)
        for n, s in enumerate(run.tape.spikes)
    ]
    every = np.concatenate(rows) if rows else np.zeros((0, 3))
    return [every[every[:, 0] == b][:, 1:] for b in range(batch)]
