"""How much memory a network holds on the device, from its Program."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genprop.backends.genn.target import GeNN
    from genprop.describe.spec import NetworkSpec
    from genprop.lower.program import Program

__all__ = ["memory_text"]


def memory_text(spec: NetworkSpec, program: Program, target: GeNN, batch: int) -> str:
    """A table of what is held."""
    return ""
