"""What is trained with both clocks: four experiments, shortened where a line says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import genprop as gp

EXPERIMENTS = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock by name and its step [ms]."""

    name: str
    dt: float

    def __str__(self) -> str:
        return f"{self.name} {self.dt:g}"

    @property
    def settings(self) -> list[str]:
        """As settings of a train.toml."""
        return [f"compile.clock={self.name}", f"compile.dt={self.dt:g}"]


@dataclass(frozen=True, slots=True)
class Task:
    """An experiment and what differs from its train.toml.

    Attributes:
        toml: its train.toml.
        settings: what is set otherwise, for both clocks alike.
        clocks: that are compared; the first is the one that others are compared with.
        repeat: the setting that differs between the runs of a clock, and its values.
    """

    toml: Path
    settings: tuple[str, ...]
    clocks: tuple[Clock, ...]
    repeat: tuple[str, tuple[float, ...]]

    def config(
        self, clock: Clock, value: float | None = None, more: Sequence[str] = ()
    ) -> gp.experiment.Config:
        """The settings of a run on ``clock``, one thread."""
        name, values = self.repeat
        chosen = f"{name}={values[0] if value is None else value:g}"
        settings = [*self.settings, *clock.settings, chosen, "compile.threads=1", *more]
        return gp.experiment.read_config(self.toml, settings)


def _clocks(*steps: float) -> tuple[Clock, ...]:
    return tuple(Clock(name, dt) for dt in steps for name in ("grid", "exact"))


_SEEDS = ("seed", (1, 2, 3))
_OWN_STEP = Clock("grid", 0.2)

TASKS = {
    "yin_yang": Task(
        EXPERIMENTS / "yin_yang" / "train.toml",
        ("options.samples=2000",),
        (*_clocks(1, 2, 5), _OWN_STEP),
        _SEEDS,
    ),
    "delay_line": Task(
        EXPERIMENTS / "delay_line" / "train.toml",
        (),
        (*_clocks(1, 2, 5), _OWN_STEP),
        ("options.lag", (10, 15, 20, 25)),
    ),
    "spoken_digits": Task(
        EXPERIMENTS / "spoken_digits" / "small.toml",
        ("options.hidden=32", "fit.epochs=6"),
        _clocks(1, 2),
        _SEEDS,
    ),
    "braille7": Task(
        EXPERIMENTS / "braille7" / "ablations.toml",
        ("fit.epochs=12",),
        _clocks(1, 2, 5),
        _SEEDS,
    ),
}
