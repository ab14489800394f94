"""Where every neuron of a network stands on the chip, and how far its spikes travel for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import integer, is_one_of
from genprop.backends.loihi.chip.limits import NEURONS_PER_CORE, SYNAPSE_BYTES_PER_CORE
from genprop.backends.loihi.placement.bisection import bisected, by_cut, by_position
from genprop.backends.loihi.placement.mesh import hops, sites
from genprop.errors import ConfigurationError, UnsupportedError, did_you_mean

if TYPE_CHECKING:
    from genprop.backends.loihi.chip.integers import IntegerNetwork

__all__ = ["METHODS", "Placement", "place", "spike_hops"]

METHODS = ("position", "index", "min-cut")


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Every neuron on a core.

    Attributes:
        method: ``"position"``, ``"index"`` or ``"min-cut"``.
        cores: by population, how many it takes; a core holds neurons of one population.
        site: by population, (n, 2) row and column of each neuron's core on the mesh.
    """

    method: str
    cores: Mapping[str, int]
    site: Mapping[str, np.ndarray]


def place(
    network: IntegerNetwork,
    method: str,
    positions: Mapping[str, np.ndarray],
    spikes: Mapping[str, np.ndarray],
    neurons_per_core: int = NEURONS_PER_CORE.highest,
) -> Placement:
    """Neurons to cores, balanced: a population's cores hold equally many, up to one.

    A population has as few cores as hold its neurons and, at the lower figure of the chip's synapse
    memory, the synapses that end there. Its cores are the same neighbours for each method.

    Args:
        network: the integers.
        method: ``"position"``: near neurons on near cores, by recursive bisection (populations
            without positions stand by index); ``"index"``: in the order of their numbers;
            ``"min-cut"``: so that little traffic leaves a core.
        positions: by population, (n, dims).
        spikes: by population, (n,) what its neurons sent; the traffic that is cut.
        neurons_per_core: at most.

    Raises:
        ConfigurationError: for another method, or no number of neurons.
        UnsupportedError: for a network without any positions, or beyond one chip.
    """
    if not is_one_of(method, METHODS):
        raise ConfigurationError(
            f"there is no placement by {method!r:.60}", remedy=did_you_mean(str(method), METHODS)
        )
    if method == "position" and not positions:
        raise UnsupportedError(
            "no population has positions", remedy="place by 'index' or 'min-cut'"
        )
    most = integer(neurons_per_core, "neurons_per_core", least=1, most=NEURONS_PER_CORE.highest)
    cores = {c.name: math.ceil(c.size / most) for c in network.cells}
    while True:
        line, site = sites(cores), dict[str, np.ndarray]()
        over = dict.fromkeys(cores, False)
        for name, own in line.items():
            core = _placed(network, name, method, own, positions, spikes)
            load = np.bincount(core, synapse_bytes(network, name), len(own))
            over[name] = load.max() > SYNAPSE_BYTES_PER_CORE.lowest
            site[name] = own[core]
        if not any(over.values()):
            return Placement(method, cores, site)
        cores = {name: count + over[name] for name, count in cores.items()}
        if any(cores[c.name] > c.size for c in network.cells):
            raise UnsupportedError(
                f"the synapses onto one neuron take more than {SYNAPSE_BYTES_PER_CORE}",
                remedy="give neurons fewer inputs",
            )


def spike_hops(
    network: IntegerNetwork, placement: Placement, spikes: Mapping[str, np.ndarray]
) -> float:
    """Σ over spikes and over the cores that they go to of the hops from core to core.

        H = Σ_i s_i Σ_{c ∈ C(i)} (|Δrow| + |Δcolumn|)(core of i, c)

    with s_i the spikes of neuron i and C(i) the cores with a neuron that i has a weight onto which
    is not 0: one packet for each. Spikes from outside the chip are not counted: where they enter is
    not known, and the same for every placement.

    Args:
        network: the integers.
        placement: of its neurons.
        spikes: by population, (n,).
    """
    total = 0.0
    for synapses in network.synapses:
        if synapses.pre not in placement.site:
            continue
        here, there = placement.site[synapses.pre], placement.site[synapses.post]
        cores, core = np.unique(there, axis=0, return_inverse=True)
        reached = np.zeros((len(here), len(cores)), bool)
        pre, post = np.nonzero(synapses.weight)
        reached[pre, core.ravel()[post]] = True
        way = hops(here[:, None], cores[None])
        total += float(spikes[synapses.pre] @ (way * reached).sum(axis=1))
    return total


def synapse_bytes(network: IntegerNetwork, name: str) -> np.ndarray:
    """The bytes of the synapses onto each neuron, (n,): 8 bits a weight, 6 more with delays."""
    size = next(c.size for c in network.cells if c.name == name)
    bits = np.zeros(size)
    for synapses in network.incoming(name):
        bits += np.count_nonzero(synapses.weight, axis=0) * (8 + 6 * (synapses.longest > 0))
    return bits / 8


def _placed(
    network: IntegerNetwork,
    name: str,
    method: str,
    own: np.ndarray,
    positions: Mapping[str, np.ndarray],
    spikes: Mapping[str, np.ndarray],
) -> np.ndarray:
    """(n,) numbers of the cores ``own`` that the neurons of a population stand on."""
    size = next(c.size for c in network.cells if c.name == name)
    if method == "position" and name in positions:
        return bisected(size, own, by_position(np.asarray(positions[name], np.float64)))
    if method == "min-cut":
        return bisected(size, own, by_cut(_traffic(network, name, spikes[name])))
    return np.sort(np.arange(size) % len(own))


def _traffic(network: IntegerNetwork, name: str, spikes: np.ndarray) -> np.ndarray:
    """(n, n) spikes from each neuron to each other of a population, over its own synapses."""
    traffic = np.zeros((len(spikes), len(spikes)))
    for synapses in network.synapses:
        if synapses.pre == synapses.post == name:
            traffic += (synapses.weight != 0) * spikes[:, None]
    return traffic
