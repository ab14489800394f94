"""One network as a part of an ensemble."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from genprop.describe.draws import Constant, frozen
from genprop.describe.spec import PatternSpec
from genprop.errors import DescriptionError

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec, ParameterSpec, PopulationSpec, ProjectionSpec
    from genprop.describe.topology import Synapses

__all__ = ["Part"]


class Trained(Protocol):
    """What becomes a part: a simulator."""

    spec: NetworkSpec
    topology: dict[str, Synapses]

    def arrays(self) -> Mapping[str, np.ndarray]:
        """What the network consists of: arrays by flat name, in base units."""
        ...


class Part:
    """The description of one network, as it runs now, in an ensemble.

    Args:
        sim: the network.
        ending: of the names of what is its own.
        shared: the populations that all parts have in common.
        of: how many parts there are; weights onto shared populations are divided by it.
    """

    def __init__(self, sim: Trained, ending: str, shared: Collection[str], of: int) -> None:
        self._spec, self._topology, self._arrays = sim.spec, sim.topology, sim.arrays()
        self._ending, self._shared, self._of = ending, shared, of

    def shared(self) -> Iterator[PopulationSpec]:
        """The populations that all parts have, under their own names."""
        for population in self._spec.populations:
            if population.name in self._shared:
                yield self._placed(population, population.name)

    def own(self) -> Iterator[PopulationSpec]:
        """The populations that this part has for itself."""
        for population in self._spec.populations:
            if population.name not in self._shared:
                yield self._placed(population, self._name(population.name))

    def projections(self) -> Iterator[ProjectionSpec]:
        """All of its projections."""
        for projection in self._spec.projections:
            yield self._moved(projection)

    def refuse_other_interface(self, first: Part, number: int) -> None:
        """Refuse sources and readouts that are not those of ``first``.

        Raises:
            DescriptionError: naming the population, and what differs.
        """
        for population in self.own():
            if population.neuron is None:
                source = population.name.removesuffix(self._ending)
                raise _another(number, f"the source {source!r}", "is in one of them only")
        mine, theirs = (_by_name(part.shared()) for part in (self, first))
        for name in (*theirs, *mine):
            if name not in mine or name not in theirs:
                raise _another(number, f"population {name!r}", "is in one of them only")
            if mine[name].size != theirs[name].size:
                sizes = f"has {mine[name].size} neurons, not {theirs[name].size}"
                raise _another(number, f"population {name!r}", sizes)
            if mine[name] != theirs[name]:
                raise _another(number, f"population {name!r}", "has other equations or parameters")

    def _name(self, name: str) -> str:
        return name if name in self._shared else name + self._ending

    def _placed(self, population: PopulationSpec, name: str) -> PopulationSpec:
        """The population called ``name``, with the values that its parameters have now."""
        receptors = (
            replace(
                r, parameters=tuple(self._fixed(p, population.name, name) for p in r.parameters)
            )
            for r in population.receptors
        )
        parameters = (self._fixed(p, population.name, name) for p in population.parameters)
        return replace(
            population, name=name, parameters=tuple(parameters), receptors=tuple(receptors)
        )

    def _moved(self, old: ProjectionSpec) -> ProjectionSpec:
        name, synapses = old.name + self._ending, self._topology[old.name]
        kind = "dense" if synapses.dense else "sparse"
        weight = self._fixed(old.weight, old.name, name)
        if old.post in self._shared:
            mean = frozen(self._arrays[old.weight.name] / self._of, None)
            weight = replace(weight, initial=mean, minimum=None, maximum=None)
        return replace(
            old,
            name=name,
            pre=self._name(old.pre),
            post=self._name(old.post),
            pattern=PatternSpec(kind, synapses.row_start, synapses.column),
            weight=weight,
            delay=None if old.delay is None else self._fixed(old.delay, old.name, name),
            sender_parameters=tuple(self._fixed(p, old.name, name) for p in old.sender_parameters),
        )

    def _fixed(self, old: ParameterSpec, owner: str, name: str) -> ParameterSpec:
        """The parameter of what is called ``name`` now, not learned, with its present value."""
        value = np.asarray(self._arrays[old.name], np.float64)
        return replace(
            old,
            name=name + old.name.removeprefix(owner),
            shape=value.shape,
            initial=frozen(value, None) if value.shape else Constant(float(value)),
            learned=False,
        )


def _by_name(populations: Iterator[PopulationSpec]) -> dict[str, PopulationSpec]:
    return {population.name: population for population in populations}


def _another(number: int, what: str, differs: str) -> DescriptionError:
    return DescriptionError(
        f"{what} of part {number} {differs}, unlike that of part 0",
        where="ensemble(parts)",
        remedy="parts have sources and readouts in common; of these only weights are learned",
    )
