"""The network as the scientist writes it: populations, projections, and what is wanted of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.assign import assign_updates
from genprop.describe.declaration import Declaration, declare
from genprop.describe.initial import Learn, base_number
from genprop.describe.neuron import Neuron, Source, spikes
from genprop.describe.pattern import Pattern, dense
from genprop.describe.population import Population, Receptors
from genprop.describe.spec import (
    NetworkSpec,
    ParameterSpec,
    ProjectionSpec,
    QuantitySpec,
)
from genprop.describe.target import check_loss
from genprop.describe.text import check_identifier
from genprop.errors import DescriptionError, GenpropError, did_you_mean, refuse_if
from genprop.units import UNITS

if TYPE_CHECKING:
    from genprop.describe.initial import Number, Value
    from genprop.describe.objective import Loss
    from genprop.describe.synapse import Synapse
    from genprop.describe.update import Update

__all__ = ["Network", "Projection", "spikes"]

_TIME = UNITS["ms"].dimension


@dataclass(frozen=True, slots=True)
class Projection:
    """One ``connect``, checked; ``name`` begins the names of its parameters."""

    name: str
    spec: ProjectionSpec


class Network:
    """A network under description; ``freeze`` gives the value that every later stage reads.

    Names are letters, digits and underscores, for they appear in the generated code and in files.
    """

    def __init__(self, name: str = "network") -> None:
        self.name = name
        self._populations: dict[str, Population] = {}
        self._receptors: dict[str, Receptors] = {}
        self._projections: dict[str, ProjectionSpec] = {}

    def population(self, name: str, size: int, model: Neuron | Source) -> Population:
        """Add ``size`` neurons of a model, or a source of spikes (``gp.spikes()``).

        Raises:
            DescriptionError: for a name that is taken, a size below 1, or arrays of another size.
        """
        check_identifier(name, "population")
        if name in self._populations:
            raise DescriptionError(
                f"there is a population {name!r} already", remedy="choose another name"
            )
        if not isinstance(size, (int, np.integer)) or isinstance(size, bool) or size < 1:
            raise DescriptionError(f"population {name!r}: {size!r} is no number of neurons")
        if not isinstance(model, (Neuron, Source)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DescriptionError(
                f"population {name!r}: {model!r} is no neuron",
                remedy='give gp.neuron("LIF"), gp.Neuron(…) or gp.spikes()',
            )
        made = Population(name, int(size), model)
        made.freeze(Receptors())
        self._populations[name], self._receptors[name] = made, Receptors()
        return made

    def connect(
        self,
        pre: Population | str,
        post: Population | str,
        synapse: Synapse,
        *,
        weight: Value | Learn,
        delay: Value | Learn = 0.0,
        pattern: Pattern | None = None,
        max_delay: Number | None = None,
        name: str | None = None,
    ) -> Projection:
        """Let the spikes of ``pre`` arrive at ``synapse`` on ``post``, weighted and after a delay.

        Args:
            pre: the population that sends.
            post: the population that receives.
            synapse: what an arrival does; equal synapses on one population share their states.
            weight: a value per synapse, ``(pre, post)`` if dense, else ``(nnz,)`` in row order.
            delay: likewise, in [0, max] [ms].
            pattern: ``gp.dense()``, ``gp.sparse(…)`` or ``gp.one_to_one()``.
            max_delay: the bound of the delays, unless ``learn(…, max=…)`` gives it; by default the
                largest initial one.
            name: of the projection; by default ``"pre->post"``.

        Raises:
            DescriptionError: for populations that cannot send or receive, or unsound values.
        """
        sender, receiver = self._find(pre), self._find(post)
        title = self._title(sender, receiver, name)
        refuse_if(_misfits(title, sender, receiver, synapse))
        pattern = pattern or dense()
        try:
            connected = pattern.resolve(sender.size, receiver.size)
        except GenpropError as fault:
            raise type(fault)(fault.what, where=title, remedy=fault.remedy) from None
        shape = pattern.shape(connected, sender.size, receiver.size)
        target = synapse.target(receiver.states)
        scale = synapse.units.get(target.name)
        if scale is None and isinstance(receiver.model, Neuron):
            scale = receiver.model.units[target.name]
        like = QuantitySpec("weight", 0.0, target.dimension, doc="synaptic weight")
        where = f"{title}.weight"
        weights = declare(weight, like, scale.value if scale else 1.0, where, shared=False)
        delays, longest = _delays(title, delay, max_delay)
        spec = ProjectionSpec(
            name=title,
            pre=sender.name,
            post=receiver.name,
            receptor=self._receptors[receiver.name].add(synapse),
            pattern=connected,
            weight=weights.parameter(where, "weight", shape, like),
            delay=_delay_parameter(title, delays, shape, longest),
            max_delay=longest,
        )
        self._projections[title] = spec
        return Projection(title, spec)

    def freeze(
        self, loss: Loss | None = None, optimiser: Update | Mapping[str, Update] | None = None
    ) -> NetworkSpec:
        """The frozen description; every finding of the cross-checks is told at once.

        Args:
            loss: what is minimised.
            optimiser: one for all, or by role (``"weight"``, ``"delay"``, ``"neuron"``,
                ``"synapse"``), by name in the model (``"tau_mem"``), by flat name
                (``"inp->hidden.weight"``), or ``"default"``; the most specific one counts.

        Raises:
            DescriptionError: for losses that look at what is not there, or parameters
                without an optimiser.
        """
        bare = NetworkSpec(
            name=self.name,
            populations=tuple(
                p.freeze(self._receptors[p.name]) for p in self._populations.values()
            ),
            projections=tuple(self._projections.values()),
            loss=() if loss is None else loss.terms,
        )
        updates, findings = assign_updates(bare, optimiser)
        refuse_if([*self._findings(), *check_loss(bare), *findings])
        return NetworkSpec(bare.name, bare.populations, bare.projections, bare.loss, updates)

    def _findings(self) -> list[DescriptionError]:
        found: list[DescriptionError] = []
        if not self._populations:
            found.append(
                DescriptionError(f"network {self.name!r} has no population", remedy="add one")
            )
        for population in self._populations.values():
            names = self._receptors[population.name].clashes(population)
            if names:
                found.append(
                    DescriptionError(
                        f"population {population.name!r}: its neuron and its synapses both use "
                        f"{', '.join(names)}",
                        remedy="rename one of the two",
                    )
                )
        return found

    def _find(self, population: Population | str) -> Population:
        name = population if isinstance(population, str) else population.name
        found = self._populations.get(name)
        if found is None or (not isinstance(population, str) and found is not population):
            raise DescriptionError(
                f"network {self.name!r} has no such population: {name!r}",
                remedy=did_you_mean(name, self._populations),
            )
        return found

    def _title(self, pre: Population, post: Population, name: str | None) -> str:
        plain = f"{pre.name}->{post.name}"
        if name is not None:
            check_identifier(name, "projection")
            if name in self._projections or name in self._populations:
                raise DescriptionError(f"there is a {name!r} already", remedy="choose another name")
            return name
        title, number = plain, 1
        while title in self._projections:
            number += 1
            title = f"{plain}.{number}"
        return title


def _misfits(
    title: str, pre: Population, post: Population, synapse: Synapse
) -> list[DescriptionError]:
    """Why these two cannot be connected by this synapse."""
    found: list[DescriptionError] = []
    if not pre.spiking:
        found.append(
            DescriptionError(f"{title}: {pre.name!r} never spikes, so nothing can come from it")
        )
    if post.source:
        found.append(
            DescriptionError(f"{title}: {post.name!r} is a source, nothing can arrive there")
        )
        return found
    states, inputs = {q.name for q in post.states}, post.inputs
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
