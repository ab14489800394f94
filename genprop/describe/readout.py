"""Readouts: what is observed of the network. Each names a file in ``adjoint/readouts``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.describe.spec import ReadoutSpec

if TYPE_CHECKING:
    from genprop.describe.population import Population

__all__ = [
    "final",
    "first_spike",
    "integral",
    "maximum",
    "name_of",
    "spike_count",
    "trace",
    "weighted_integral",
]


def integral(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y = (1/T) ∫ x dt, one per neuron, in the unit of the state.

    Args:
        population: which neurons.
        state: of the neuron or, with its suffix, of a receptor.
    """
    return ReadoutSpec("integral", name_of(population), state)


def weighted_integral(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y = (1/T) ∫ e^{−t/T} x dt: early times count more, so that gradients reach early spikes.

    Args:
        population: which neurons.
        state: of the neuron or, with its suffix, of a receptor.

    Source: Nowotny, Turner & Knight 2022, arXiv:2212.01232.
    """
    return ReadoutSpec("weighted_integral", name_of(population), state)


def maximum(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y = max over t of x; its gradient enters at the time of the maximum.

    Args:
        population: which neurons.
        state: one that moves smoothly: an arrival must not lift it at once.

    Source: Wunderlich & Pehle 2021, doi:10.1038/s41598-021-91786-z.
    """
    return ReadoutSpec("maximum", name_of(population), state)


def final(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y = x(T), the state when the trial ends.

    Args:
        population: which neurons.
        state: of the neuron or, with its suffix, of a receptor.
    """
    return ReadoutSpec("final", name_of(population), state)


def trace(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y(t) = x(t): the loss is averaged over time, (1/T) ∫ loss(x(t)) dt.

    Targets may then be ``(batch, n)``, the same at all times, or ``(batch, steps, n)``.

    Args:
        population: which neurons.
        state: of the neuron or, with its suffix, of a receptor.
    """
    return ReadoutSpec("trace", name_of(population), state)


def first_spike(population: Population | str) -> ReadoutSpec:
    """Y = the time of the first spike [ms], T where there is none (and then no gradient).

    Args:
        population: neurons that spike; gradients reach those whose spike counts in the loss.

    Source: Göltz et al. 2021, doi:10.1038/s42256-021-00388-x.
    """
    return ReadoutSpec("first_spike", name_of(population))


def spike_count(population: Population | str) -> ReadoutSpec:
    """Y = the number of spikes in the trial.

    A count has no gradient. At every spike the adjoint is moved by ∂L/∂Y, which is heuristic: it
    cannot wake a silent neuron.

    Args:
        population: neurons that spike.
    """
    return ReadoutSpec("spike_count", name_of(population))


def name_of(population: Population | str) -> str:
    """The name of a population, or itself."""
    return population if isinstance(population, str) else population.name
