"""What happened on the chip: counts over all the samples that ran."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

__all__ = ["Activity"]


@dataclass(slots=True)
class Activity:
    """Sums over every sample so far.

    Attributes:
        samples: how many ran.
        steps: steps per sample.
        spikes: by population, sources included.
        wraps: by population, how often u left its 24 bits.
        saturations: by population, how often v was held at the end of its 24 bits.
        neurons: by population on the chip, (n,) the spikes of each neuron.
    """

    samples: int = 0
    steps: int = 0
    spikes: dict[str, int] = field(default_factory=dict[str, int])
    wraps: dict[str, int] = field(default_factory=dict[str, int])
    saturations: dict[str, int] = field(default_factory=dict[str, int])
    neurons: dict[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])

    def copy(self) -> Activity:
        """The same sums, which later runs do not change."""
        neurons = {name: np.array(counts) for name, counts in self.neurons.items()}
        spikes, wraps, held = dict(self.spikes), dict(self.wraps), dict(self.saturations)
        return Activity(self.samples, self.steps, spikes, wraps, held, neurons)

    def add(self, samples: int, steps: int) -> None:
        """A batch ran."""
        self.samples += samples
        self.steps = steps

    def count_neurons(self, name: str, counts: np.ndarray) -> None:
        """The neurons of population ``name`` spiked ``counts`` (n,) times in a batch."""
        self.neurons[name] = self.neurons.get(name, 0) + counts

    def count(self, name: str, spikes: int, wraps: int = 0, saturations: int = 0) -> None:
        """What population ``name`` did in a batch."""
        self.spikes[name] = self.spikes.get(name, 0) + spikes
        self.wraps[name] = self.wraps.get(name, 0) + wraps
        self.saturations[name] = self.saturations.get(name, 0) + saturations
