"""The reference backend: the interpreter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop.backends.reference.interpret import Interpreter

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec
    from genprop.emit.bundle import SourceBundle
    from genprop.errors import GenpropError
    from genprop.lower.clocks.base import Clock
    from genprop.lower.program import Program

__all__ = ["Reference", "default"]


@dataclass(frozen=True, slots=True)
class Reference:
    """Runs any Program in numpy float64; needs no compiler, and is meant for checking."""

    name: str = "reference"

    @property
    def form(self) -> str:
        """There is one form only."""
        return "reference"

    def check(self, spec: NetworkSpec, clock: Clock) -> list[GenpropError]:
        """Nothing is beyond the interpreter."""
        return []

    def render(self, program: Program) -> SourceBundle | None:
        """There is no text."""
        return None

    def load(self, program: Program, spec: NetworkSpec, bundle: SourceBundle | None) -> Interpreter:
        """The interpreter of ``program``."""
        return Interpreter(program, spec)


def default() -> Reference:
    """The backend as ``backend="reference"`` gives it."""
    return Reference()
