"""What can go wrong, as one tree.

::

    GenpropError                    the user's side: what, where, what was expected, what to do
    ├── DescriptionError            a network, population, projection or parameter that cannot be
    │   ├── EquationError           an equation that does not parse, or names something unknown
    │   └── DimensionError          an equation or value whose units disagree
    ├── UnsupportedError            a sound description that the chosen target or solver cannot run
    ├── DataError                   spikes, labels or files that do not fit
    ├── CheckpointError             a checkpoint that is damaged or belongs to another network
    ├── ToolchainError              no compiler, or a compiler that refused the generated code
    ├── TrainingError               parameters or a loss that left the finite numbers
    │   ├── ConvergenceError        a network that did not settle within its trial
    │   └── DivergenceError         a state or gradient that left them while the network ran
    ├── OutputError                 a file or folder that cannot be written
    └── ConfigurationError          a train.toml, option or variable that is not understood
    InternalError                   ours: please report it
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "CheckpointError",
    "ConfigurationError",
    "ConvergenceError",
    "DataError",
    "DescriptionError",
    "DimensionError",
    "DivergenceError",
    "EquationError",
    "GenpropError",
    "InternalError",
    "OutputError",
    "ToolchainError",
    "TrainingError",
    "UnsupportedError",
    "caret",
    "did_you_mean",
    "refuse_if",
]


class GenpropError(Exception):
    """A fault on the user's side: what happened, where, and what to do.

    Args:
        what: one sentence that states the fault and what was expected.
        where: the place (a parameter name, a file and line, a source line with a caret).
        remedy: what to do about it.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        parts = [what]
        if where:
            parts.append(f"  at {where}" if "\n" not in where else where)
        if remedy:
            parts.append(f"  → {remedy}")
        super().__init__("\n".join(parts))


class DescriptionError(GenpropError):
    """A network, population, projection or parameter that cannot be."""


class EquationError(DescriptionError):
    """An equation that does not parse, or names something unknown."""


class DimensionError(DescriptionError):
    """An equation or value whose units disagree."""


class UnsupportedError(GenpropError):
    """A sound description that the chosen target or solver cannot run."""


class DataError(GenpropError):
    """Spikes, labels or files that do not fit."""


class CheckpointError(GenpropError):
    """A checkpoint that is damaged or belongs to another network."""


class ToolchainError(GenpropError):
    """No compiler, or a compiler that refused the generated code."""


class TrainingError(GenpropError):
    """Parameters or a loss that left the finite numbers."""


class ConvergenceError(TrainingError):
    """A network, or its adjoint, that had not settled at a fixed point when its trial ended."""


class DivergenceError(TrainingError):
    """A state or a gradient that left the finite numbers while the network ran."""


class OutputError(GenpropError):
    """A file or folder that cannot be written: no room, no permission, no such disk."""


class ConfigurationError(GenpropError):
    """A configuration file, option or environment variable that is not understood."""


class InternalError(Exception):
    """A fault on our side; the message says what to report."""


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """A remedy that names the known word closest to ``name``, or lists them all."""
    choices = sorted(known)
    close = difflib.get_close_matches(str(name), choices, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(choices)}" if choices else "there are none to choose from"


def caret(line: str, column: int, label: str = "") -> str:
    """A source line with a caret below the 0-based ``column``, prefixed by ``label``."""
    lead = f"  {label}: " if label else "  "
    return f"{lead}{line}\n{' ' * (len(lead) + column)}^"


def refuse_if(findings: Iterable[GenpropError]) -> None:
    """Raise what was found, all at once; nothing found, nothing raised."""
    found = list(findings)
    if len(found) == 1:
        raise found[0]
    if found:
        kind = type(found[0]) if len({type(f) for f in found}) == 1 else DescriptionError
        listing = "\n".join(f"{k}. {finding}" for k, finding in enumerate(found, 1))
        raise kind(f"{len(found)} problems were found:\n{listing}")
