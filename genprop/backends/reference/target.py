"""The reference backend: the interpreter of steps and, on the exact clock, the event solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop.backends.reference.exact.engine import ExactEngine
from genprop.backends.reference.graded import GradedReference
from genprop.backends.reference.interpret import Interpreter

if TYPE_CHECKING:
    from genprop.backends.parts import Divisible
    from genprop.describe.spec import NetworkSpec
    from genprop.emit.bundle import SourceBundle
    from genprop.errors import GenpropError
    from genprop.lower.clocks.base import Clock
    from genprop.lower.graded_program import GradedProgram
    from genprop.lower.program import Program

__all__ = ["Reference", "default"]


@dataclass(frozen=True, slots=True)
class Reference:
    """Runs any network in numpy float64; needs no compiler, and is meant for checking.

    On a clock of steps it interprets the Program. On the exact clock it solves the equations event
    by event: no code that other backends run decides what it computes.

    Args:
        locates: whether spikes of flows that are not linear happen inside steps, as on the native
            backend, or at their ends, as on GeNN.
    """

    locates: bool = True
    name: str = "reference"

    @property
    def form(self) -> str:
        """There is one form only."""
        return "reference"

    def check(self, spec: NetworkSpec, clock: Clock) -> list[GenpropError]:
        """Nothing is beyond both."""
        return []

    def render(self, program: Program) -> SourceBundle | None:
        """There is no text."""
        return None

    def load(self, program: Program, spec: NetworkSpec, bundle: SourceBundle | None) -> Divisible:
        """The interpreter of ``program``, or the solver of ``spec``."""
        if not program.clock.rounds:
            return ExactEngine(program, spec)
        return Interpreter(program, spec, self.locates)

    def check_graded(self, spec: NetworkSpec) -> list[GenpropError]:
        """Nothing is beyond it."""
        return []

    def render_graded(self, program: GradedProgram) -> SourceBundle | None:
        """There is no text."""
        return None

    def load_graded(self, program: GradedProgram, bundle: SourceBundle | None) -> GradedReference:
        """The interpreter of a graded network."""
        return GradedReference(program)


def default() -> Reference:
    """The backend as ``backend="reference"`` gives it."""
    return Reference()
