"""One trial, event by event: spikes at their exact times."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.exact.roots import next_rise, sign_changes
from genprop.backends.reference.exact.trajectories import (
    Arrival,
    Event,
    Release,
    Sending,
    Spike,
    Trajectory,
    evaluate,
)
from genprop.backends.reference.exact.trial import InputSpikes, Trial
from genprop.errors import DescriptionError, DivergenceError

if TYPE_CHECKING:
    from genprop.backends.reference.exact.cells import Cells
    from genprop.backends.reference.exact.wiring import ExactWiring

__all__ = ["InputSpikes", "Trial", "run_trial"]

_RUNAWAY = 1000
"""More spikes of one neuron within 1 ms are taken for spikes without end."""


def run_trial(
    cells: Mapping[str, Cells], wiring: ExactWiring, inputs: InputSpikes, duration: float
) -> Trial:
    """Run one trial from t = 0 to ``duration`` [ms]; what would arrive later does nothing."""
    return _Run(cells, wiring, inputs, duration).finish()


@dataclass(slots=True)
class _Neuron:
    """A neuron on its way: state ``x`` at its own time ``t``, and the polynomial from there on."""

    cells: Cells
    population: str
    index: int
    t: float
    x: np.ndarray
    piece: np.ndarray
    held: bool = False
    version: int = 0
    burst_from: float = -np.inf
    burst: int = 0
    below: bool = False  # a guard that resets leave as it is, at the end of the piece
    trajectory: Trajectory = field(default_factory=Trajectory)


class _Run:
    def __init__(
        self, cells: Mapping[str, Cells], wiring: ExactWiring, inputs: InputSpikes, duration: float
    ) -> None:
        self.wiring, self.duration = wiring, duration
        self.events: list[Event] = []
        self.senders = {k: bound.begin() for k, bound in wiring.senders.items()}
        self.sent: dict[Spike | None, list[tuple[int, Sending]]] = {}
        self.queue: list[tuple[float, int, _Action]] = []
        self.order = count()
        self.neurons = {
            name: [_start(c, name, j) for j in range(c.size)] for name, c in cells.items()
        }
        for population in self.neurons.values():
            for neuron in population:
                self._continue(neuron, None)
        for name, (times, channels) in inputs.items():
            for k in np.argsort(times, kind="stable"):
                self._send(name, int(channels[k]), float(times[k]), None)

    def finish(self) -> Trial:
        while self.queue:
            time, _, action = heapq.heappop(self.queue)
            action.act(self, time)
        for population in self.neurons.values():
            for neuron in population:
                self._advance(neuron, self.duration)
        trajectories = {
            name: [neuron.trajectory for neuron in population]
            for name, population in self.neurons.items()
        }
        return Trial(self.duration, self.events, trajectories, self.senders, self.sent)

    def push(self, time: float, action: _Action) -> None:
        if time <= self.duration:
            heapq.heappush(self.queue, (time, next(self.order), action))

    def arrive(self, neuron: _Neuron, time: float, arrival: _Arriving) -> None:
        """Let x → x + w e, on the states that are not held."""
        self._advance(neuron, time)
        jump = neuron.cells.arrival[arrival.receptor][neuron.index] * arrival.amount
        if neuron.held:
            jump = np.where(neuron.cells.model.held, 0.0, jump)
        before, after = neuron.x, neuron.x + jump
        event = Arrival(
            time=time,
            population=neuron.population,
            neuron=neuron.index,
            before=before,
            after=after,
            projection=arrival.projection,
            synapse=arrival.synapse,
            weight=arrival.weight,
            held=neuron.held,
            emitted=arrival.emitted,
            cause=arrival.cause,
            sending=arrival.sending,
        )
        self.events.append(event)
        neuron.x = after
        self._continue(neuron, event)

    def spike(self, neuron: _Neuron, time: float, inducer: Arrival | None) -> None:
        """Let x → h(x); the refractory period begins, and arrivals are on their way."""
        self._advance(neuron, time)
        if time > neuron.burst_from + 1.0:
            neuron.burst_from, neuron.burst = time, 0
        neuron.burst += 1
        if neuron.burst > _RUNAWAY:
            raise DescriptionError(
                f"neuron {neuron.index} spikes without end at t = {time:g} ms: "
                f"more than {_RUNAWAY} times within 1 ms",
                where=f"population {neuron.population}",
                remedy="let the reset fall below the threshold, or lower the weights",
            )
        before, after = neuron.x, neuron.cells.reset(neuron.index, neuron.x)
        event = Spike(time, neuron.population, neuron.index, before, after, inducer)
        self.events.append(event)
        neuron.x = after
        self._send(neuron.population, neuron.index, time, event)
        if neuron.cells.refractory is not None:
            neuron.held = True
            release = time + float(neuron.cells.refractory[neuron.index])
            self.push(release, _Releasing(neuron, event))
        self._continue(neuron, event)

    def release(self, neuron: _Neuron, time: float, spike: Spike) -> None:
        """The held states move again."""
        self._advance(neuron, time)
        event = Release(time, neuron.population, neuron.index, neuron.x, neuron.x, spike)
        self.events.append(event)
        neuron.held = False
        self._continue(neuron, event)

    def check(self, neuron: _Neuron, time: float) -> None:
        """No crossing so far: look further on."""
        self._advance(neuron, time)
        self._continue(neuron, None)

    def _send(self, population: str, neuron: int, time: float, cause: Spike | None) -> None:
        for route in self.wiring.routes(population):
            sending = None
            if route.projection in self.senders:
                sending = self.senders[route.projection].send(neuron, time)
                self.sent.setdefault(cause, []).append((route.projection, sending))
            for synapse, target, weight, delay in route.fan_out(neuron):
                arriving = _Arriving(
                    self.neurons[route.post][target],
                    route.receptor,
                    route.projection,
                    synapse,
                    weight,
                    time,
                    cause,
                    sending,
                )
                self.push(time + delay, arriving)

    def _advance(self, neuron: _Neuron, time: float) -> None:
        """Carry the state to ``time``, in pieces no longer than the Taylor polynomial reaches."""
        reach = neuron.cells.reach
        while time - neuron.t > reach * (1 + 1e-9):
            neuron.x = evaluate(neuron.piece, reach)
            neuron.t += reach
            neuron.piece = neuron.cells.coefficients(neuron.index, neuron.x, neuron.held)
            neuron.trajectory.append(neuron.t, neuron.piece, neuron.held, None)
        neuron.x = evaluate(neuron.piece, time - neuron.t)
        neuron.t = time

    def _continue(self, neuron: _Neuron, event: Event | None) -> None:
        """Begin a new piece here and foresee the next crossing."""
        cells = neuron.cells
        neuron.piece = cells.coefficients(neuron.index, neuron.x, neuron.held)
        _refuse_infinite(neuron)
        neuron.trajectory.append(neuron.t, neuron.piece, neuron.held, event)
        neuron.version += 1
        if cells.guard is None or neuron.held:
            return
        guard = neuron.piece @ cells.guard[neuron.index]
        guard[0] += cells.threshold[neuron.index]
        if cells.model.rising:
            by = event if isinstance(event, Arrival) else None
            below = neuron.below and event is None  # where a piece ends at a root, to rounding
            if by is not None:
                below = by.before @ cells.guard[neuron.index] + cells.threshold[neuron.index] < 0
            if below and guard[0] >= 0:
                self.spike(neuron, neuron.t, by)
                return
            rise = next_rise(guard, cells.reach, spiked=isinstance(event, Spike))
            crossing, neuron.below = rise.after, rise.below
        elif guard[0] >= 0:
            self._cross_now(neuron, event)
            return
        else:
            crossing = next(sign_changes(guard, cells.reach), None)
        if crossing is not None:
            self.push(neuron.t + crossing, _Crossing(neuron, neuron.version))
        else:
            self.push(neuron.t + cells.reach, _Checking(neuron, neuron.version))

    def _cross_now(self, neuron: _Neuron, event: Event | None) -> None:
        if event is None and neuron.t > 0:
            self.spike(neuron, neuron.t, None)
        elif isinstance(event, Arrival):
            self.spike(neuron, neuron.t, event)
        else:
            raise DescriptionError(
                f"neuron {neuron.index} is above its threshold at t = {neuron.t:g} ms "
                "right after a reset, a release or the start",
                where=f"population {neuron.population}",
                remedy="let resets and initial states lie below the threshold",
            )


def _refuse_infinite(neuron: _Neuron) -> None:
    """Refuse a state that is, or will be, no finite number, and has no next crossing."""
    if not np.isfinite(neuron.piece).all():
        raise DivergenceError(
            f"the states of population {neuron.population!r} leave the finite numbers at "
            f"t = {neuron.t:.6g} ms",
            where=f"neuron {neuron.index}",
            remedy="its equations are linear, so its input is too large: smaller weights or rates",
        )


def _start(cells: Cells, population: str, index: int) -> _Neuron:
    x = cells.start[index]
    return _Neuron(cells, population, index, 0.0, x, cells.coefficients(index, x, False))


@dataclass(frozen=True, slots=True)
class _Arriving:
    neuron: _Neuron
    receptor: str
    projection: int
    synapse: int
    weight: float
    emitted: float
    cause: Spike | None
    sending: Sending | None

    @property
    def amount(self) -> float:
        return self.weight if self.sending is None else self.weight * self.sending.value

    def act(self, run: _Run, time: float) -> None:
        run.arrive(self.neuron, time, self)


@dataclass(frozen=True, slots=True)
class _Crossing:
    neuron: _Neuron
    version: int

    def act(self, run: _Run, time: float) -> None:
        if self.version == self.neuron.version:
            run.spike(self.neuron, time, None)


@dataclass(frozen=True, slots=True)
class _Checking:
    neuron: _Neuron
    version: int

    def act(self, run: _Run, time: float) -> None:
        if self.version == self.neuron.version:
            run.check(self.neuron, time)


@dataclass(frozen=True, slots=True)
class _Releasing:
    neuron: _Neuron
    spike: Spike

    def act(self, run: _Run, time: float) -> None:
        run.release(self.neuron, time, self.spike)


_Action = _Arriving | _Crossing | _Checking | _Releasing
