"""Networks of the zoo, solved exactly, with difference quotients computed once per session."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genprop.adjoint.derive import derive
from genprop.backends.reference.exact.adjoint import Reverse
from genprop.backends.reference.exact.events import EventSimulator, ExactResult
from genprop.equations.analyse import understand
from genprop.runtime.differences import Parameters, Quotient, quotients
from genprop.testing.zoo import example

if TYPE_CHECKING:
    from genprop.adjoint.system import AdjointNetwork
    from genprop.describe.spec import NetworkSpec
    from genprop.equations.system import HybridNetwork
    from genprop.testing.example import Example


@dataclass(frozen=True)
class Exact:
    """An example with its derived adjoint; mistakes replace ``adjoint`` or ``reverse``."""

    example: Example
    spec: NetworkSpec
    network: HybridNetwork
    adjoint: AdjointNetwork

    def simulator(self) -> EventSimulator:
        return EventSimulator(self.spec, self.network, self.adjoint, duration=self.example.duration)

    def gradients(
        self, adjoint: AdjointNetwork | None = None, reverse: type[Reverse] = Reverse
    ) -> ExactResult:
        simulator = EventSimulator(
            self.spec, self.network, adjoint or self.adjoint, duration=self.example.duration
        )
        simulator.reverse = reverse
        e = self.example
        return simulator.solve(e.parameters(), e.inputs, e.labels, e.targets)


@cache
def solved(name: str) -> Exact:
    chosen = example(name)
    spec = chosen.spec()
    network = understand(spec)
    return Exact(chosen, spec, network, derive(network, spec))


@cache
def measured(name: str) -> tuple[ExactResult, list[Quotient]]:
    exact = solved(name)
    e, simulator = exact.example, exact.simulator()

    def evaluate(parameters: Parameters) -> tuple[float, tuple[int, ...]]:
        result = simulator.solve(parameters, e.inputs, e.labels, e.targets, gradient=False)
        sizes = {p.name: p.size for p in exact.spec.populations}
        counts = [
            np.bincount(neurons, minlength=sizes[population])
            for population, trials in result.spikes.items()
            for _, neurons in trials
        ]
        return result.loss, tuple(np.concatenate(counts).tolist())

    parameters = e.parameters()
    result = simulator.solve(parameters, e.inputs, e.labels, e.targets)
    return result, quotients(evaluate, parameters, result.gradients, e.learned(), per_parameter=3)


class Zoo:
    """What the tests of gradients share."""

    solved = staticmethod(solved)
    measured = staticmethod(measured)


@pytest.fixture(scope="session")
def zoo() -> Zoo:
    return Zoo()
