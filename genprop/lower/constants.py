"""The names that are fixed during a batch, population by population."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genprop.lower.program import PopulationProgram

__all__ = ["constant_names"]


def constant_names(population: PopulationProgram) -> tuple[tuple[str, bool], ...]:
    """The names of parameters, constants and propagators, each with whether it is per neuron.

    In a fixed order: that of :func:`genprop.numerics.constants.numbers`.
    """
    names = [(p.local, p.per_neuron) for p in population.parameters]
    names += [(c.name, c.per_neuron) for c in population.constants]
    for propagator in population.propagators:
        entries = [*propagator.entries]
        for derivative in propagator.derivatives:
            entries += derivative.entries
        names += [(name, propagator.per_neuron) for _, _, name in entries]
    return tuple(dict(names).items())
