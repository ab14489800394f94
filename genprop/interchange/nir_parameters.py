"""The parameters of a NIR file, set in a network of the same description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import DataError, GenpropError, UnsupportedError, did_you_mean, refuse_if
from genprop.interchange.nir_file import read_graph
from genprop.interchange.nir_import import from_graph
from genprop.runtime.compile import compile as compile_network

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec, PopulationSpec
    from genprop.runtime.simulator import Simulator

__all__ = ["LoadedNir", "load_nir_parameters"]


@dataclass(frozen=True, slots=True)
class LoadedNir:
    """What was read; ``print`` it.

    Attributes:
        path: of the file.
        parameters: what was set: weights, delays, and every number of neurons and synapses.
    """

    path: Path
    parameters: tuple[str, ...]

    def __str__(self) -> str:
        head = f"{len(self.parameters)} parameters of {self.path.name}"
        return "\n".join([head, *(f"  {name}" for name in self.parameters)])


def load_nir_parameters(path: str | Path, sim: Simulator) -> LoadedNir:
    """Set all parameters of a network from a NIR file of one that is the same but for numbers.

    Populations are matched by the names of the file's nodes. Where the file does not say which step
    it was made for, it is that of ``sim``.

    Raises:
        UnsupportedError: for what has no counterpart here, or without the package ``nir``.
        DataError: for a file that is none, and everything in which both networks differ, at once;
            nothing is set then.
    """
    graph = read_graph(path)
    dt = None if "dt" in graph.metadata else sim.dt
    theirs = compile_network(
        from_graph(graph, dt=dt, learned=()),
        dt=sim.dt,
        duration=sim.duration,
        batch=1,
        backend="reference",
    )
    where = str(path)
    refuse_if([*_populations(sim.spec, theirs.spec, where), *_projections(sim, theirs, where)])
    found = {n: np.asarray(value) for n, value in theirs.parameters.items() if n in sim.parameters}
    for projection in sim.spec.projections:
        if projection.delay is not None and projection.delay.name not in found:
            none = np.zeros_like(sim.parameters[projection.delay.name])
            found[projection.delay.name] = none
    refuse_if(list(_shapes(sim, found, where)))
    for name, value in found.items():
        sim.parameters[name] = np.broadcast_to(value, sim.parameters[name].shape)
    return LoadedNir(Path(path), tuple(found))


def _populations(ours: NetworkSpec, theirs: NetworkSpec, where: str) -> Iterator[GenpropError]:
    """Populations that only one of both has, or that differ in size or equations."""
    here, there = ({p.name: p for p in spec.populations} for spec in (ours, theirs))
    yield from _strangers("population", here, there, where)
    for name in here.keys() & there.keys():
        if here[name].size != there[name].size:
            yield DataError(
                f"population {name} has {there[name].size} neurons in the file, "
                f"{here[name].size} in the network",
                where=where,
                remedy="describe the network that the file holds",
            )
        elif _equations(here[name]) != _equations(there[name]):
            yield UnsupportedError(
                f"population {name} follows other equations in the file",
                where=where,
                remedy="genprop has LIF, LI and exp or delta synapses in common with NIR",
            )


def _projections(ours: Simulator, theirs: Simulator, where: str) -> Iterator[GenpropError]:
    """Projections that only one of both has, and delays without a place."""
    here, there = ({p.name: p for p in sim.spec.projections} for sim in (ours, theirs))
    yield from _strangers("projection", here, there, where)
    for name in here.keys() & there.keys():
        if there[name].delay is not None and here[name].delay is None:
            yield DataError(
                f"projection {name} has delays in the file and none in the network",
                where=where,
                remedy="connect(…, delay=…)",
            )


def _strangers(
    what: str, here: Mapping[str, object], there: Mapping[str, object], where: str
) -> Iterator[DataError]:
    for name in there.keys() - here.keys():
        meant = did_you_mean(name, here)
        yield DataError(f"the network has no {what} {name}", where=where, remedy=meant)
    for name in here.keys() - there.keys():
        meant = did_you_mean(name, there)
        yield DataError(f"the file has no {what} {name}", where=where, remedy=meant)


def _shapes(sim: Simulator, found: dict[str, np.ndarray], where: str) -> Iterator[DataError]:
    for name, value in found.items():
        shape = sim.parameters[name].shape
        if value.shape not in ((), shape):
            yield DataError(
                f"{name} is {value.shape} in the file, {shape} in the network",
                where=where,
                remedy="describe one value per neuron, or all synapses: gp.values(…), gp.dense()",
            )


def _equations(population: PopulationSpec) -> object:
    """What runs, without numbers."""
    if population.neuron is None:
        return None
    synapses = [(r.synapse.name, r.synapse.input) for r in population.receptors]
    neuron = population.neuron
    texts = [e.text for e in (*neuron.flow, *neuron.reset)]
    return texts, neuron.spike and neuron.spike.text, synapses
