"""What happened on the chip: counts over all the samples that ran."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    """

    samples: int = 0
    steps: int = 0
    spikes: dict[str, int] = field(default_factory=dict[str, int])
    wraps: dict[str, int] = field(default_factory=dict[str, int])
    saturations: dict[str, int] = field(default_factory=dict[str, int])

    def copy(self) -> Activity:
        """The same sums, which later runs do not change."""
        spikes, wraps, held = dict(self.spikes), dict(self.wraps), dict(self.saturations)
        return Activity(self.samples, self.steps, spikes, wraps, held)

    def add(self, samples: int, steps: int) -> None:
        """A batch ran."""
        self.samples += samples
        self.steps = steps

    def count(self, name: str, spikes: int, wraps: int = 0, saturations: int = 0) -> None:
        """What population ``name`` did in a batch."""
        self.spikes[name] = self.spikes.get(name, 0) + spikes
        self.wraps[name] = self.wraps.get(name, 0) + wraps
        self.saturations[name] = self.saturations.get(name, 0) + saturations
