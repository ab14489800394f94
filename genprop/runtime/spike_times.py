"""Times of recorded spikes [ms], where a backend knows them better than by their step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from genprop.backends.base import Outcome
    from genprop.lower.program import Program

__all__ = ["SPIKE_TIMES", "engine_record", "with_spike_times"]

SPIKE_TIMES = "spike_times"


def engine_record(program: Program, record: Sequence[str], locates: bool) -> tuple[str, ...]:
    """What to record where ``record`` may ask for times: steps, unless spikes are located."""
    return tuple(dict.fromkeys(_requested(program, name, locates) for name in record))


def with_spike_times(
    program: Program, record: Sequence[str], locates: bool, outcome: Outcome
) -> Outcome:
    """``outcome`` with times [ms] (spikes, 2), beside their neurons, sorted by time."""
    recorded = dict(outcome.recorded)
    for name in record:
        if name.endswith(f".{SPIKE_TIMES}"):
            found = recorded[_requested(program, name, locates)]
            recorded[name] = [_timed(program, np.asarray(one)) for one in found]
    wanted = {name: recorded[name] for name in record}
    return replace(outcome, recorded=wanted)


def _requested(program: Program, name: str, locates: bool) -> str:
    population, what = name.rsplit(".", 1)
    located = locates and program.population(population).location is not None
    return f"{population}.spikes" if what == SPIKE_TIMES and not located else name


def _timed(program: Program, spikes: np.ndarray) -> np.ndarray:
    if np.issubdtype(spikes.dtype, np.integer):
        times = program.clock.spike_time(spikes[:, 0])
        spikes = np.stack([times, spikes[:, 1]], axis=1)
    return spikes[np.argsort(spikes[:, 0], kind="stable")]
