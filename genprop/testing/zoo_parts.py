"""What the networks of the zoo have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.initial import Learn, learn, normal, uniform
from genprop.describe.network import Network
from genprop.describe.neuron import Neuron, spikes
from genprop.describe.synapse import Synapse, synapse
from genprop.testing.example import Example, random_input

if TYPE_CHECKING:
    from genprop.describe.objective import Loss

__all__ = ["delays", "make", "three_layers", "weights"]

T = 40.0


def weights(mean: float, sd: float) -> Learn:
    """Learned, normally distributed."""
    return learn(normal(mean, sd))


def delays(longest: float = 5.0) -> Learn:
    """Learned, uniform from 0 to ``longest`` [ms], at most 15 ms."""
    return learn(uniform(0.0, longest), max=15.0)


def three_layers(
    hidden: Neuron,
    out: Neuron,
    *,
    syn: Synapse | None = None,
    drive: float = 1.6,
    recurrent: bool = True,
    feed: tuple[float, float] = (0.3, 1.0),
) -> Network:
    """4 inputs, 3 hidden (recurrent or not), 3 outputs; every weight and delay is learned."""
    net, syn = Network(), syn or synapse("exp", tau=5.0)
    net.population("inp", 4, spikes())
    net.population("hidden", 3, hidden)
    net.population("out", 3, out)
    net.connect("inp", "hidden", syn, weight=weights(drive, 0.4 * drive), delay=delays())
    if recurrent:
        net.connect("hidden", "hidden", syn, weight=weights(0.0, 0.5), delay=delays())
    net.connect("hidden", "out", syn, weight=weights(*feed), delay=delays())
    return net


def make(
    name: str,
    net: Network,
    loss: Loss,
    *,
    samples: int = 1,
    count: int = 14,
    duration: float = T,
    targets: np.ndarray | None = None,
    linear: bool = True,
    exact: bool = True,
    seed: int = 1,
) -> Example:
    """``net`` with ``count`` random input spikes per source and sample, labels in turn."""
    sizes = {p.name: p.size for p in net.freeze(loss).populations if p.neuron is None}
    inputs = random_input(sizes, samples, count, 0.75 * duration, seed)
    labels = np.arange(samples) % 3
    return Example(name, net, loss, duration, inputs, labels, targets, linear, exact, seed)
