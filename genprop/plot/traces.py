"""The figure of states: membrane potentials and other states over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.base import Outcome
from genprop.errors import DataError, did_you_mean
from genprop.plot.canvas import axes_for
from genprop.plot.style import COLOURS, GREY

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes

__all__ = ["states"]

_MOST_OTHERS = 40


def states(
    values: Outcome | npt.ArrayLike,
    name: str = "",
    *,
    sample: int = 0,
    dt: float | None = None,
    chosen: Mapping[int, tuple[str, str]] | None = None,
    others: str = "others",
    dashed: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """States of the neurons of a population over time.

    Args:
        values: what ``sim.run(batch, record=["out.v"])`` gave, or (steps, n), at t_1 … t_steps.
        name: of the state, ``"out.v"``: which of those recorded, and the label of the y axis.
        sample: which one of an outcome.
        dt: length of a step [ms]; by default that of the outcome, else 1.
        chosen: by neuron, the colour and name of those that stand out; the others, 40 of them at
            most, are grey. Without it up to four neurons have a colour each, more are all grey.
        others: what the grey ones are called.
        dashed: whether chosen ones are dashed.
        ax: where they are drawn; by default on new axes.

    Raises:
        DataError: for a state or sample that was not recorded, and values of another form.
        ConfigurationError: where matplotlib is not installed.
    """
    if isinstance(values, Outcome):
        dt = values.clock.dt if dt is None and values.clock is not None else dt
        values, name = _recorded(values, name, sample)
    found = _array(values)
    dt = 1.0 if dt is None else dt
    if chosen is None:
        few = found.shape[1] <= len(COLOURS)
        chosen = {k: (COLOURS[k], f"neuron {k}") for k in range(found.shape[1])} if few else {}
    times = (np.arange(len(found)) + 1) * dt
    ax = axes_for(ax)
    rest = [k for k in range(found.shape[1]) if k not in chosen][:_MOST_OTHERS]
    for place, k in enumerate(rest):
        ax.plot(times, found[:, k], color=GREY, linewidth=0.8, label=others if not place else "")
    for k, (colour, word) in chosen.items():
        if 0 <= k < found.shape[1]:
            ax.plot(times, found[:, k], "--" if dashed else "-", color=colour, label=word)
    ax.set(xlim=(0.0, len(found) * dt), xlabel="time [ms]", ylabel=name)
    return ax


def _recorded(outcome: Outcome, name: str, sample: int) -> tuple[np.ndarray, str]:
    """(steps, n) of one sample, and the name of the state."""
    names = [known for known, x in outcome.recorded.items() if isinstance(x, np.ndarray)]
    if not name and len(names) == 1:
        name = names[0]
    if name not in names:
        raise DataError(
            f"the state {name!r} was not recorded" if name else "which of the recorded states?",
            remedy=did_you_mean(name, names) if names else "sim.run(batch, record=['out.v'])",
        )
    found = np.asarray(outcome.recorded[name])
    if not 0 <= sample < len(found):
        raise DataError(f"there is no sample {sample}", remedy=f"choose from 0 to {len(found) - 1}")
    return found[sample], name


def _array(values: npt.ArrayLike) -> np.ndarray:
    try:
        found = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        found = np.zeros(())
    if found.ndim not in (1, 2):
        raise DataError(
            f"{values!r:.60} are no states over time",
            where="plot.states(values, …)",
            remedy="give what sim.run(batch, record=[…]) gave, or an array (steps, neurons)",
        )
    return found[:, None] if found.ndim == 1 else found
