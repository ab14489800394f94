"""Optimisers in numpy, and the part of an engine that steps them so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop.lower.update_program import COUNT
from genprop.numerics.evaluate import execute

if TYPE_CHECKING:
    from genprop.lower.program import UpdateProgram

__all__ = ["HostUpdates", "update_parameters"]

Arrays = Mapping[str, np.ndarray]


class HostUpdates:
    """The part of an engine that steps the optimisers, in numpy."""

    def __init__(self, updates: Sequence[UpdateProgram]) -> None:
        self._updates = updates

    def update(
        self,
        parameters: Arrays,
        gradients: Arrays,
        state: Arrays,
        settings: Mapping[str, Mapping[str, float]],
        count: int,
    ) -> None:
        """One step of every optimiser, in place."""
        update_parameters(self._updates, parameters, gradients, state, settings, count)


def update_parameters(
    updates: Sequence[UpdateProgram],
    parameters: Arrays,
    gradients: Arrays,
    state: Arrays,
    settings: Mapping[str, Mapping[str, float]],
    count: int,
) -> None:
    """One step of every optimiser, in place on ``parameters`` and ``state``.

    ``count`` is 1 for the first update. A parameter that has a state ``"<parameter>/n"`` counts by
    itself, element by element: that is what its elements have had before.
    """
    for update in updates:
        for name in update.parameters:
            if name not in gradients:
                continue
            x, g, n = parameters[name], gradients[name], state.get(f"{name}/{COUNT}")
            if n is not None:
                n += 1
            _update(update, name, x, g, state, settings[name], count if n is None else n)


def _update(
    update: UpdateProgram,
    name: str,
    x: np.ndarray,
    g: np.ndarray,
    state: Arrays,
    settings: Mapping[str, float],
    count: int | np.ndarray,
) -> None:
    values = {key: np.asarray(value) for key, value in settings.items()}
    values[COUNT] = np.asarray(count, np.float64)
    execute(update.constants, values)
    values |= {"x": x, "g": g} | {s: state[f"{name}/{s}"] for s in update.states}
    execute(update.body, values)
    for s in update.states:
        state[f"{name}/{s}"][...] = values[s]
    x[...] = values["x"]
