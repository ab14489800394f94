"""What a check of gradients found, as a value that prints itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["GradientReport", "ParameterCheck", "stays"]

EXACT = 1e-6
"""How far an exact gradient may be from difference quotients of its loss, and on its clock."""
SINGLE = 1e-3
"""The same on the exact clock in single precision."""
NEAR = 5e-2
"""How far a clocked gradient may be from the exact one at the fine step."""
_CLOCKS = ("exact", "clocked")
_TRIED = 2
"""How often steps must have become finer before an error counts as one that stays."""


def stays(errors: Sequence[float]) -> bool:
    """Whether an error stays on steps that become finer, as that of a wrong gradient does.

    Where it does not, or was not seen on enough of them, rounding of spikes to steps may make it:
    that vanishes in proportion to steps.
    """
    return len(errors) > _TRIED and errors[-1] > errors[0] / 2


@dataclass(frozen=True, slots=True)
class ParameterCheck:
    """How far the gradient of one parameter is from what it should be.

    Every error is relative to the parameter's largest gradient; None where nothing was compared.

    Attributes:
        name: flat name.
        largest: the largest entry of the gradient.
        clocked: error on the grid of the user's dt.
        fine: error at the fine step.
        quotient: how far the reference gradient is from difference quotients of its loss.
        compared: components that quotients were taken of.
        skipped: of these, the ones over which a spike appeared or vanished.
        exact: error on the exact clock; None where the network or the backend has none.
        precision: how large that may be, with the numbers of the backend.
        stays: whether the error at the fine step is no smaller than on coarser ones.
    """

    name: str
    largest: float
    clocked: float | None
    fine: float | None
    quotient: float | None
    compared: int
    skipped: int
    exact: float | None = None
    precision: float = EXACT
    stays: bool = False

    @property
    def sound(self) -> bool:
        """Whether no error is larger than it may be."""
        return self._near and self._exact

    @property
    def wrong(self) -> bool:
        """Whether an error is larger than it may be, and rounding of spikes does not make it."""
        return not self._exact or (not self._near and self.stays)

    @property
    def _near(self) -> bool:
        return self.fine is None or self.fine <= NEAR

    @property
    def _exact(self) -> bool:
        exact = self.exact is None or self.exact <= self.precision
        return exact and (self.quotient is None or self.quotient <= EXACT)


@dataclass(frozen=True, slots=True)
class GradientReport:
    """The verdict on a network's gradients; ``print`` shows the table.

    Attributes:
        network: its name.
        linear: whether the exact event-driven solver was the measure; else difference quotients on
            the fine clock.
        heuristic: whether a loss counts spikes: its gradient stands in for one that does not exist.
        dt: the user's step [ms].
        fine: the fine step [ms].
        spikes: how many spikes the trial had.
        same: whether spike counts at dt, and at the fine step, are those of the measure.
        samples: how many were compared, because they spike as often at the fine step as exactly,
            and how many there were.
        parameters: one row each.
    """

    network: str
    linear: bool
    heuristic: bool
    dt: float
    fine: float
    spikes: int
    same: tuple[bool, bool]
    samples: tuple[int, int]
    parameters: tuple[ParameterCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether everything that could be compared agrees, the code that runs among it."""
        some = any(p.fine is not None for p in self.parameters)
        return some and all(p.sound for p in self.parameters)

    @property
    def verdict(self) -> str:
        """One line."""
        if wrong := ", ".join(p.name for p in self.parameters if p.wrong):
            return f"✗ gradients are wrong: {wrong}"
        if far := ", ".join(p.name for p in self.parameters if not p.sound):
            return (
                f"? right or wrong, unknown: {far}; spikes rounded to steps of {self.fine:g} "
                "ms may make such errors; try a finer step (fine=…), a shorter trial, other samples"
            )
        if not self.passed:
            what = "the code was not compared"
            if all(p.quotient is None for p in self.parameters):
                what = "nothing could be compared"
            return (
                f"? {what}: spikes differ in number; "
                "try other samples, another seed, fewer neurons or a finer step"
            )
        if not any(p.largest > 0 for p in self.parameters):
            return (
                "✓ gradients agree, and all are zero: larger weights, or input at which neurons "
                "spike (batch=…), would tell more"
            )
        heuristic = " (counts of spikes have a surrogate gradient)" if self.heuristic else ""
        return f"✓ gradients agree{heuristic}"

    def __str__(self) -> str:
        measure = "the exact event-driven solver" if self.linear else "difference quotients"
        columns = (
            "parameter",
            "largest",
            "exact clock",
            f"grid {self.dt:g} ms",
            f"grid {self.fine:g} ms",
            "quotients",
        )
        rows = [columns, *map(_cells, self.parameters)]
        widths = [max(len(row[k]) for row in rows) for k in range(len(columns))]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in pairs)])
            for row in rows
            for pairs in [list(zip(row[1:], widths[1:], strict=True))]
        ]
        counts = ["the same" if same else "different" for same in self.same]
        return "\n".join(
            [
                f"gradients of {self.network} against {measure}; errors relative to the largest",
                *lines,
                f"{self.samples[0]} of {self.samples[1]} samples are compared"
                + ": they spike as often on the fine clock as exactly" * self.linear,
                f"{self.spikes} spikes; counts at {self.dt:g} ms are {counts[0]}, "
                f"at {self.fine:g} ms {counts[1]}",
                *self._clocks(),
                self.verdict,
            ]
        )

    def _clocks(self) -> list[str]:
        """What each clock does to this network's gradients."""
        rows = [p for p in self.parameters if p.largest > 0]
        if not rows:
            return []  # zero on each clock
        exact, grid = ([e for p in rows if (e := getattr(p, c)) is not None] for c in _CLOCKS)
        off = f"are off by up to {max(grid):.1e}" if grid else "belong to other spikes"
        lines = [f"gradients on the grid of {self.dt:g} ms {off}"]
        if exact:
            lines.append(
                f"gradients on the exact clock are off by up to {max(exact):.1e}, at any dt: "
                "compile(clock='exact')"
            )
        return lines


def _cells(p: ParameterCheck) -> tuple[str, ...]:
    quotient = _error(p.quotient)
    if p.skipped:
        quotient = f"{quotient} ({p.skipped} of {p.compared} not comparable)"
    errors = (p.exact, p.clocked, p.fine)
    return p.name, f"{p.largest:.2e}", *map(_error, errors), quotient


def _error(value: float | None) -> str:
    return "-" if value is None else f"{value:.1e}"
