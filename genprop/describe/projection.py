"""Projections: who sends to whom, checked, with weights and delays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import within_memory
from genprop.describe.declaration import Declaration, declare
from genprop.describe.graded import graded_incompatibilities
from genprop.describe.initial import Learn, base_number
from genprop.describe.neuron import Neuron
from genprop.describe.spec import Drawn, ParameterSpec, PatternSpec, ProjectionSpec, QuantitySpec
from genprop.errors import DescriptionError, GenpropError, did_you_mean
from genprop.units import UNITS

if TYPE_CHECKING:
    from genprop.describe.initial import Number, Value
    from genprop.describe.pattern import Pattern
    from genprop.describe.population import Population
    from genprop.describe.synapse import Synapse

__all__ = ["Projection", "Wiring", "incompatibilities"]

_TIME = UNITS["ms"].dimension


@dataclass(frozen=True, slots=True)
class Projection:
    """One ``connect``, checked; ``name`` begins the names of its parameters."""

    name: str
    spec: ProjectionSpec

    def __repr__(self) -> str:
        given = [p for p in (self.spec.weight, self.spec.delay) if p is not None and p.learned]
        learned = f", learned {' and '.join(p.role for p in given)}" if given else ""
        return f"Projection({self.name!r}, {self.spec.pattern.kind}{learned})"


@dataclass(frozen=True, slots=True)
class Wiring:
    """What is connected, before weights and delays are given."""

    title: str
    pre: Population
    post: Population
    pattern: Pattern
    synapse: Synapse

    def project(
        self,
        weight: Value | Learn,
        delay: Value | Learn,
        max_delay: Number | None,
        *,
        receptor: Callable[[Synapse], str],
    ) -> ProjectionSpec:
        """The projection; ``receptor`` gives the receptor's name once everything is sound."""
        connected = self._resolve()
        self._refuse_too_many(connected)
        shape = self.pattern.shape(connected, self.pre.size, self.post.size)
        weights = self._weights(weight, shape)
        delays, longest = _delays(self.title, delay, max_delay)
        times = _delay_parameter(self.title, delays, shape, longest)
        return ProjectionSpec(
            name=self.title,
            pre=self.pre.name,
            post=self.post.name,
            receptor=receptor(self.synapse.receiving),
            pattern=connected,
            weight=weights,
            delay=times,
            max_delay=longest if times is not None else 0.0,
            sender=self.synapse.spec.sender,
            sender_parameters=self.synapse.sender_specs(self.title, self.pre.size),
        )

    def _resolve(self) -> PatternSpec:
        try:
            return self.pattern.resolve(self.pre.size, self.post.size)
        except GenpropError as fault:
            raise type(fault)(fault.what, where=self.title, remedy=fault.remedy) from None

    def _refuse_too_many(self, connected: PatternSpec) -> None:
        """Refuse more synapses than the memory holds, before they are drawn or filled."""
        pairs = self.pre.size * self.post.size
        density = connected.drawn.probability if isinstance(connected.drawn, Drawn) else 1.0
        expected = pairs if connected.kind == "dense" else connected.column.size or density * pairs
        within_memory(
            expected,
            f"{self.title}: {expected:.4g} synapses",
            "smaller populations, or fewer synapses: pattern=gp.sparse(…)",
        )

    def _weights(self, given: Value | Learn, shape: tuple[int, ...]) -> ParameterSpec:
        """In the unit of the state that arrivals are added to."""
        target = self.synapse.target((*self.post.states, *self.post.inputs))
        unit = self.synapse.units.get(target.name)
        if unit is None and isinstance(self.post.model, Neuron):
            unit = self.post.model.units[target.name]
        like = QuantitySpec("weight", 0.0, target.dimension, doc="synaptic weight")
        where = f"{self.title}.weight"
        found = declare(given, like, 1.0 if unit is None else unit.value, where, shared=False)
        return found.parameter(where, "weight", shape, like)


def incompatibilities(
    title: str, pre: Population, post: Population, synapse: Synapse
) -> list[DescriptionError]:
    """Why these two cannot be connected by this synapse."""
    if pre.sends and not post.source:
        return graded_incompatibilities(title, pre, post, synapse)
    found: list[DescriptionError] = []
    if not pre.spiking and not pre.sends:
        found.append(
            DescriptionError(f"{title}: {pre.name!r} never spikes, so nothing can come from it")
        )
    if post.source:
        found.append(
            DescriptionError(f"{title}: {post.name!r} is a source, nothing can arrive there")
        )
        return found
    states, inputs = {q.name for q in post.states}, {q.name for q in post.inputs}
    if synapse.spec.input and synapse.spec.input not in inputs:
        found.append(
            DescriptionError(
                f"{title}: synapse {synapse.name!r} drives {synapse.spec.input!r}, "
                f"which is no input of {post.name!r}",
                remedy=did_you_mean(synapse.spec.input, inputs),
            )
        )
    if not synapse.spec.states:
        found.extend(
            DescriptionError(
                f"{title}: synapse {synapse.name!r} moves {e.target!r}, "
                f"which is no state of {post.name!r}",
                remedy=did_you_mean(e.target, states),
            )
            for e in synapse.spec.arrival
            if e.target not in states
        )
    return found


def _delays(
    title: str, given: Value | Learn, max_delay: Number | None
) -> tuple[Declaration, float]:
    """The delays and their bound [ms]."""
    where = f"{title}.delay"
    like = QuantitySpec("delay", 0.0, _TIME, minimum=0.0)
    found = declare(given, like, 1.0, where, shared=False)
    bounds = [] if found.maximum is None else [found.maximum]
    if max_delay is not None:
        bounds.append(base_number(max_delay, _TIME, 1.0, f"{title}, max_delay"))
    largest = found.extent()[1]
    longest = min(bounds) if bounds else largest
    if not np.isfinite(longest):
        raise DescriptionError(
            f"{where}: the longest delay is not bounded",
            where=where,
            remedy="give learn(…, max=60*ms) or max_delay=60*ms",
        )
    if np.isfinite(largest) and largest > longest:
        raise DescriptionError(
            f"{where}: the delay {largest:g} ms is above the maximum {longest:g} ms", where=where
        )
    return Declaration(found.initial, False, found.learned, found.minimum, longest), longest


def _delay_parameter(
    title: str, delays: Declaration, shape: tuple[int, ...], longest: float
) -> ParameterSpec | None:
    """The parameter, or None where every delay is and stays zero."""
    if not delays.learned and delays.extent() == (0.0, 0.0):
        return None
    like = QuantitySpec("delay", 0.0, _TIME, 0.0, longest, "time from a spike to its arrival")
    return delays.parameter(f"{title}.delay", "delay", shape, like)
