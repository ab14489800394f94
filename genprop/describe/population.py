"""Populations while a network is being described, and the receptors that projections bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop.describe.neuron import Neuron, Source
from genprop.describe.spec import PopulationSpec, QuantitySpec, ReceptorSpec
from genprop.errors import DescriptionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genprop.describe.synapse import Synapse

__all__ = ["Population", "Receptors", "name_of"]


@dataclass(frozen=True, slots=True)
class Population:
    """``size`` neurons of one model, or a source of spikes."""

    name: str
    size: int
    model: Neuron | Source

    def __repr__(self) -> str:
        if isinstance(self.model, Source):
            model = "graded()" if self.model.graded else "spikes()"
        else:
            model = self.model.spec.name
        return f"Population({self.name!r}, {self.size} × {model})"

    @property
    def source(self) -> bool:
        """Whether its spikes come from the data."""
        return isinstance(self.model, Source)

    @property
    def spiking(self) -> bool:
        """Whether it ever sends a spike."""
        if isinstance(self.model, Source):
            return not self.model.graded
        return self.model.spiking

    @property
    def sends(self) -> tuple[str, ...]:
        """The names of the values that it sends each step; empty where it sends spikes."""
        if isinstance(self.model, Source):
            return ("value",) if self.model.graded else ()
        return tuple(e.target for e in self.model.spec.send)

    @property
    def states(self) -> tuple[QuantitySpec, ...]:
        """The neuron's states; a source has none."""
        return () if isinstance(self.model, Source) else self.model.spec.states

    @property
    def inputs(self) -> tuple[QuantitySpec, ...]:
        """What synapses drive; nothing of a source."""
        return () if isinstance(self.model, Source) else self.model.spec.inputs

    def freeze(self, receptors: Receptors) -> PopulationSpec:
        """The population with its receptors, parameters by flat name."""
        if isinstance(self.model, Source):
            return PopulationSpec(self.name, self.size, None, sends=self.sends)
        return PopulationSpec(
            name=self.name,
            size=self.size,
            neuron=self.model.spec,
            parameters=self.model.parameter_specs(self.name, self.size),
            receptors=receptors.freeze(self),
            sends=self.sends,
        )


class Receptors:
    """The different synapses on one population, in the order in which they came.

    Equal synapses (model, values and name) use one receptor and its states. A name that is taken
    by a different synapse gets a number: ``exp``, ``exp_2``.
    """

    def __init__(self, synapses: Iterable[Synapse] = ()) -> None:
        self._by_name: dict[str, Synapse] = {}
        for synapse in synapses:
            self.add(synapse)

    def add(self, synapse: Synapse) -> str:
        """The name of the receptor for ``synapse``, which is made if there is none."""
        for name, present in self._by_name.items():
            if present == synapse:
                return name
        name, number = synapse.name, 1
        while name in self._by_name:
            number += 1
            name = f"{synapse.name}_{number}"
        self._by_name[name] = synapse
        return name

    def freeze(self, population: Population) -> tuple[ReceptorSpec, ...]:
        """The receptors with suffixes: empty for a single one whose state names are free."""
        alone = len(self._by_name) == 1 and not self._taken(population, "")
        return tuple(
            ReceptorSpec(
                name=name,
                suffix="" if alone else f"_{name}",
                synapse=synapse.spec,
                parameters=synapse.parameter_specs(f"{population.name}.{name}", population.size),
            )
            for name, synapse in self._by_name.items()
        )

    def clashes(self, population: Population) -> list[str]:
        """State names that the neuron uses too, even with the receptors' suffixes."""
        return self._taken(population, "") and self._taken(population, None)

    def _taken(self, population: Population, suffix: str | None) -> list[str]:
        """Receptor states, with a suffix (None: the receptor's name), that the neuron has too."""
        if isinstance(population.model, Source):
            return []
        spec = population.model.spec
        taken = {q.name for q in (*spec.states, *spec.parameters)}
        names = [
            q.name + (f"_{name}" if suffix is None else suffix)
            for name, synapse in self._by_name.items()
            for q in synapse.spec.states
        ]
        return sorted(taken.intersection(names))


def name_of(population: Population | str) -> str:
    """The name of a population, or itself.

    Raises:
        DescriptionError: for what is neither.
    """
    if isinstance(population, (Population, str)):  # pyright: ignore[reportUnnecessaryIsInstance]
        return population if isinstance(population, str) else population.name
    raise DescriptionError(
        f"{population!r:.60} is no population",
        remedy="give what net.population(…) gave, or its name",
    )
