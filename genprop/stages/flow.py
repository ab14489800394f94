"""What one batch runs with, and the way back of its gradients to the leaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from genprop.backends.base import Outcome
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays, Stage

__all__ = ["Flow"]


class Through(Protocol):
    """The stages that a flow goes through."""

    all: tuple[Stage, ...]

    def forward(
        self,
        parameters: Mapping[str, np.ndarray],
        topology: Topology,
        *,
        penalised: bool = True,
        elsewhere: Collection[str] = (),
    ) -> Flow:
        """The flow of other parameters or synapses."""
        ...

    def given(
        self,
        parameters: Mapping[str, np.ndarray],
        outputs: Sequence[Arrays],
        topology: Topology,
        elsewhere: Collection[str],
    ) -> tuple[frozenset[str], Arrays]:
        """What the engine derives itself, and from which arrays."""
        ...

    def leaf_gradients(self, gradients: Mapping[str, np.ndarray]) -> Arrays:
        """One gradient for every learned leaf."""
        ...

    def synaptic(self, projection: str) -> list[str]:
        """The parameters with one value per synapse of a sparse projection."""
        ...


class Flow:
    """What one batch runs with, and the way back from it.

    Attributes:
        values: the arrays before the first stage and after each; empty where there is none.
        topology: the synapses that they are of.
        stages: that made them.
    """

    def __init__(
        self,
        stages: Through,
        topology: Topology,
        values: list[Arrays],
        outputs: list[Arrays],
        used: Mapping[str, np.ndarray] | None,
        penalised: bool,
        elsewhere: Collection[str] = (),
    ) -> None:
        self.values, self.topology = values, topology
        self.stages, self._outputs, self._used = stages, outputs, used
        self._penalties = {
            k: found
            for k, stage in enumerate(stages.all if penalised and outputs else ())
            if (found := stage.penalty(values[k + 1], topology)) is not None
        }
        self._elsewhere = elsewhere

    @cached_property
    def used(self) -> Mapping[str, np.ndarray]:
        """The arrays that run, by flat name."""
        if self._used is not None:
            return self._used
        return self.stages.forward(self.values[0], self.topology, penalised=False).used

    @cached_property
    def given(self) -> Mapping[str, np.ndarray]:
        """The arrays that the engine is given: with leaves for what it derives itself."""
        if not self._elsewhere or not self.values:
            return self.used
        made, read = self.stages.given(
            self.values[0], self._outputs, self.topology, self._elsewhere
        )
        run = self.values[0] if self._used is None else self._used
        return {name: value for name, value in run.items() if name not in made} | read

    @property
    def penalty(self) -> float:
        """The sum of the stages' terms of the loss."""
        return sum(value for value, _ in self._penalties.values())

    def with_penalties(self, outcome: Outcome) -> Outcome:
        """The outcome with the terms of the stages; one without a loss stays without."""
        if not self._penalties or not outcome.terms:
            return outcome
        terms = {self.stages.all[k].name: value for k, (value, _) in self._penalties.items()}
        whole = outcome.loss + sum(terms.values())
        return replace(outcome, loss=whole, terms={**outcome.terms, **terms})

    def back(self, gradients: Arrays) -> Arrays:
        """The gradients of the leaves from those of the arrays that ran."""
        return self.stages.leaf_gradients(self.slopes(gradients)) if self.values else gradients

    def slopes(self, gradients: Mapping[str, np.ndarray]) -> Arrays:
        """The gradients of all that the first stage was given."""
        flowing = dict(gradients)
        if not self._outputs:
            return flowing
        for k in reversed(range(len(self.stages.all))):
            _, slopes = self._penalties.get(k, (0.0, dict[str, np.ndarray]()))
            _add(flowing, slopes)
            made = {n: flowing.pop(n) for n in self._outputs[k] if n in flowing}
            before = self.stages.all[k].backward(self.values[k], made, self.topology)
            _add(flowing, before)
        return flowing


def _add(total: Arrays, more: Mapping[str, np.ndarray]) -> None:
    for name, value in more.items():
        total[name] = total[name] + value if name in total else value
