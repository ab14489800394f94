"""∫ p·∂f/∂θ dt of a population, over many stretches of many neurons at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.exact.quadrature import nodes

if TYPE_CHECKING:
    from genprop.backends.reference.exact.adjoint_cells import AdjointModel, ParameterTerms
    from genprop.backends.reference.exact.cells import Cells
    from genprop.backends.reference.exact.trajectories import Trajectory

__all__ = ["FlowIntegrals"]

_AT_ONCE = 1024
"""Stretches that wait until they are integrated together, in a few megabytes."""


class FlowIntegrals:
    """What the flow adds to the gradients of parameters, per name and neuron.

    Args:
        cells: the population.
        model: its adjoint.
        trajectories: of its neurons.
    """

    def __init__(
        self, cells: Cells, model: AdjointModel, trajectories: Sequence[Trajectory]
    ) -> None:
        self._cells, self._model, self._trajectories = cells, model, trajectories
        self._found: dict[str, np.ndarray] = {}
        self._waiting: tuple[_Stretches, _Stretches] = ({}, {})
        self._count = 0

    def add(self, neuron: int, held: bool, bounds: np.ndarray, p: np.ndarray) -> None:
        """Let p (n, NODES, S) at the nodes of the stretches between ``bounds`` (n + 1,) count.

        Both go backwards in time.
        """
        self._waiting[held].setdefault(neuron, []).append((bounds, p))
        self._count += len(p)
        if self._count >= _AT_ONCE:
            self._integrate_all()

    def totals(self) -> Iterator[tuple[str, np.ndarray]]:
        """Pairs of flat name and (n,), of all that was added."""
        self._integrate_all()
        return iter(self._found.items())

    def _integrate_all(self) -> None:
        for waiting, terms in zip(self._waiting, self._model.over_time, strict=True):
            if waiting:
                self._integrate(waiting, terms)
                waiting.clear()
        self._count = 0

    def _integrate(self, waiting: _Stretches, terms: ParameterTerms) -> None:
        times, weights = zip(*map(_nodes, waiting.values()), strict=True)
        states = [self._trajectories[j].at(t) for j, t in zip(waiting, times, strict=True)]
        neurons = np.repeat(list(waiting), [len(t) for t in times])
        p = np.concatenate([p for parts in waiting.values() for _, p in parts])
        p = p.reshape(len(neurons), -1)
        values = (*np.concatenate(states).T, *self._cells.theta[:, neurons], *p.T, 0.0)
        each = np.concatenate(weights)
        for name, value in terms(*values):
            added = np.bincount(neurons, each * value, minlength=self._cells.size)
            self._found[name] = self._found.get(name, 0.0) + added


_Stretches = dict[int, list[tuple[np.ndarray, np.ndarray]]]
"""Per neuron, bounds and adjoints."""


def _nodes(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Times and weights of all stretches of a neuron."""
    begins = np.concatenate([bounds[:-1] for bounds, _ in parts])
    return nodes(begins, np.concatenate([bounds[1:] for bounds, _ in parts]))
