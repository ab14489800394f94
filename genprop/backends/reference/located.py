"""Steps by parts in numpy float64: spikes inside a step.

See :mod:`genprop.lower.event_location` for what parts are. One neuron of one sample at a time: few
need it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np

from genprop.lower.event_location import FINEST, MOST_PARTS, SHORTEST_CLIMB
from genprop.numerics.routines import formula, routine

if TYPE_CHECKING:
    from genprop.lower.program import PopulationProgram

__all__ = ["Kind", "Located", "Part", "locate", "lost"]

Values = dict[str, np.ndarray]
_EPSILON = float(np.finfo(float).eps)
_ITERATIONS = 100


class Kind(Enum):
    """What the length of a part is; INDUCED is a spike caused by an arrival, of no length."""

    FIXED = auto()
    REST = auto()
    WAIT = auto()
    CROSSING = auto()
    CLIMB = auto()
    INDUCED = auto()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a step: states at its start, length [ms], and whether states were held.

    ``length`` is in ms, of a climb it is the part of the way. ``spikes``: a spike ends it.
    """

    start: Mapping[str, np.ndarray]
    length: float
    kind: Kind
    held: bool = False
    spikes: bool = False


@dataclass(slots=True)
class Located:
    """One step of one neuron: its parts, and the time and the states just before each spike.

    ``rest`` and ``wait`` are what is left of the step and of the refractory period [ms].
    """

    rest: float
    wait: float
    parts: list[Part] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    spikes: list[Values] = field(default_factory=list)
    end: Values = field(default_factory=dict)


def locate(
    program: PopulationProgram,
    numbers: Mapping[str, np.ndarray],
    start: Values,
    dt: float,
    wait: float,
    induced: bool,
) -> Located:
    """The step of a neuron from the states ``start``, of which ``wait`` ms are refractory.

    ``numbers`` are the neuron's; ``induced`` says that arrivals have carried it over the threshold.
    A state that cannot be followed ends as NaN.
    """
    step = _Step(program, numbers, start, Located(dt, wait))
    if not all(np.isfinite(x) for x in start.values()):
        return lost(program, step.found)
    if induced:
        step.spike(Kind.INDUCED, 0.0, 0.0, start)
    while step.found.rest > 0:
        step.tried += 1
        if step.tried > MOST_PARTS or not step.part():
            return lost(program, step.found)
    step.found.end = step.now
    return step.found


def lost(program: PopulationProgram, found: Located) -> Located:
    """A step that ends with no number left of the states."""
    found.end = {x: np.asarray(np.nan) for x in program.states}
    return found


class _Step:
    """A step that is being taken by parts."""

    def __init__(
        self,
        program: PopulationProgram,
        numbers: Mapping[str, np.ndarray],
        start: Values,
        found: Located,
    ) -> None:
        assert program.location is not None
        self.program, self.location, self.numbers = program, program.location, numbers
        self.now, self.found, self.dt = dict(start), found, found.rest
        self.level, self.reach, self.tried = self.location.longest, 1.0, 0
        self.beyond_climbing: Values | None = None

    def part(self) -> bool:
        """Take one more part, or try a shorter one; False where that leads nowhere."""
        found = self.found
        held = found.wait > 0
        above = held or self.guard(self.now) > 0
        if not held and above and not self.program.rising:  # where the reset has led
            self.spike(Kind.CROSSING, 0.0, 0.0, self.now)
            return True
        length, kind = self._length(held)
        end, accurate = self.advance(self.now, length, held)
        if not accurate:
            if above or self.now is self.beyond_climbing or not self.climb():
                self.beyond_climbing = self.now
                while self.level >= length:
                    self.level /= 2
            return self.level > FINEST * self.location.longest
        if not above and self.guard(end) > 0:
            length = self.crossing(length)
            self.spike(Kind.CROSSING, length, length, self.advance(self.now, length, False)[0])
            return True
        found.parts.append(Part(self.now, length, kind, held))
        found.rest = 0.0 if kind is Kind.REST else found.rest - length
        if held:
            found.wait = 0.0 if kind is Kind.WAIT else found.wait - length
        self.now, self.level = end, min(2 * self.level, self.location.longest)
        return True

    def _length(self, held: bool) -> tuple[float, Kind]:
        """How long the next part is to be, and why."""
        limit, kind = self.found.rest, Kind.REST
        if held and self.found.wait < limit:
            limit, kind = self.found.wait, Kind.WAIT
        if self.level * (1 + 1e-5) < limit:
            return self.level, Kind.FIXED
        return limit, kind

    def climb(self) -> bool:
        """Take a part of the way to the threshold, if that can be done within the step."""
        assert self.location.rise is not None
        if not formula(self.location.rise)({**self.numbers, **self.now}) > 0:
            return False
        part, advance = self.reach, routine(self.location.climb.advance)
        while part >= SHORTEST_CLIMB:
            values = {**self.numbers, **self.now, self.location.length: np.asarray(part)}
            advance(values, None)
            if values[self.location.accurate] > 0:
                elapsed = float(values[self.location.elapsed])
                if elapsed < self.found.rest:
                    end = {x: values[x] for x in self.program.states}
                    self._climbed(part, elapsed, end)
                    return True
            part /= 2
        return False

    def _climbed(self, part: float, elapsed: float, end: Values) -> None:
        if part == 1:
            self.spike(Kind.CLIMB, part, elapsed, end)
            return
        self.found.parts.append(Part(self.now, part, Kind.CLIMB))
        self.found.rest -= elapsed
        self.now, self.reach = end, 2 * part

    def spike(self, kind: Kind, length: float, elapsed: float, at: Values) -> None:
        """A spike with the states ``at`` ends a part; the reset follows."""
        found, refractory = self.found, self.program.refractory
        found.parts.append(Part(self.now, length, kind, spikes=True))
        found.rest -= elapsed
        found.times.append(self.dt - found.rest)
        found.spikes.append(dict(at))
        values = {**self.numbers, **at}
        routine(self.program.reset)(values, None)
        self.now = {x: values[x] for x in self.program.states}
        found.wait = float(self.numbers[refractory.duration]) if refractory else 0.0
        self.level, self.reach = self.location.longest, 1.0

    def crossing(self, length: float) -> float:
        """The s ≤ ``length`` of a sub-step that ends on the threshold, by Illinois' method."""
        low, below = 0.0, self.guard(self.now)
        high, above = length, self.guard(self.advance(self.now, length, False)[0])
        s, side = length, 0
        for _ in range(_ITERATIONS):
            last, s = s, (low * above - high * below) / (above - below)
            value = self.guard(self.advance(self.now, s, False)[0])
            if value > 0:
                high, above, below = s, value, below / 2 if side > 0 else below
            else:
                low, below, above = s, value, above / 2 if side < 0 else above
            side = 1 if value > 0 else -1
            if value == 0 or abs(s - last) <= 4 * _EPSILON * length:
                break
        return s

    def advance(self, start: Values, length: float, held: bool) -> tuple[Values, bool]:
        """The states after a sub-step, and whether it is accurate."""
        flow = self.location.held if held and self.location.held else self.location.free
        values = {**self.numbers, **start, self.location.length: np.asarray(length)}
        routine(flow.advance)(values, None)
        accurate = bool(values[self.location.accurate] > 0)
        return {x: values[x] for x in self.program.states}, accurate

    def guard(self, states: Values) -> float:
        """G > 0 above the threshold."""
        assert self.program.guard is not None
        return float(formula(self.program.guard)({**self.numbers, **states}))
