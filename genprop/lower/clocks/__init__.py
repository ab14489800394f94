"""Clocks: when things happen, decided here alone. One file each, found by name.

All other rooms ask the clock of a Program; none rounds a time to a step, or adds one, by itself.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from genprop._checks import is_one_of
from genprop.errors import UnsupportedError, did_you_mean

if TYPE_CHECKING:
    from genprop.lower.clocks.base import Clock

__all__ = ["CLOCKS", "make_clock"]

CLOCKS: tuple[str, ...] = tuple(m.name for m in iter_modules(__path__) if m.name != "base")
"""The names of the clocks there are: the files of this folder."""


def make_clock(name: str, dt: float, duration: float) -> Clock:
    """The clock ``name`` of a trial of ``duration`` [ms] in steps of ``dt`` [ms].

    Raises:
        UnsupportedError: for a clock that does not exist.
        DescriptionError: when dt is not positive, or the duration is no integer number of steps or
            of more than 32 bits count.
    """
    if not is_one_of(name, CLOCKS):
        raise UnsupportedError(
            f"there is no clock {name!r:.60}",
            where="compile(clock=…)",
            remedy=did_you_mean(str(name), CLOCKS),
        )
    return import_module(f"{__name__}.{name}").clock(dt, duration)
