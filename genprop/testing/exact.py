"""Examples of the zoo under the exact solver, event by event in continuous time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from genprop.adjoint.derive import derive
from genprop.backends.reference.exact.adjoint import Reverse
from genprop.backends.reference.exact.events import EventSimulator, ExactResult
from genprop.equations.analyse import understand
from genprop.testing.zoo import example

if TYPE_CHECKING:
    from genprop.adjoint.system import AdjointNetwork
    from genprop.describe.spec import NetworkSpec
    from genprop.equations.system import HybridNetwork
    from genprop.testing.example import Example

__all__ = ["Exact", "exact"]


@dataclass(frozen=True)
class Exact:
    """An example with its derived adjoint; tests that plant mistakes replace what they give."""

    example: Example
    spec: NetworkSpec
    network: HybridNetwork
    adjoint: AdjointNetwork

    def simulator(self, adjoint: AdjointNetwork | None = None) -> EventSimulator:
        """The solver, with another ``adjoint`` where one is given."""
        return EventSimulator(
            self.spec, self.network, adjoint or self.adjoint, duration=self.example.duration
        )

    def gradients(
        self,
        adjoint: AdjointNetwork | None = None,
        reverse: type[Reverse] = Reverse,
        seed: int | None = None,
    ) -> ExactResult:
        """Loss, spikes and gradients at the example's parameters, or those drawn from ``seed``."""
        simulator = self.simulator(adjoint)
        simulator.reverse = reverse
        e = self.example if seed is None else replace(self.example, seed=seed)
        return simulator.solve(e.parameters(), e.inputs, e.labels, e.targets)


@cache
def exact(name: str) -> Exact:
    """The example called ``name``, derived once."""
    chosen = example(name)
    spec = chosen.spec()
    network = understand(spec)
    return Exact(chosen, spec, network, derive(network, spec))
