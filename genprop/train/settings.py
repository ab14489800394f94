"""The settings of an optimiser, as a checkpoint kept them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from genprop._reading import one_number
from genprop.describe.update import refuse_unsound_settings

if TYPE_CHECKING:
    import numpy as np

    from genprop.train.surface import Trainable

__all__ = ["restore_settings"]


def restore_settings(sim: Trainable, settings: Mapping[str, np.ndarray]) -> None:
    """Put optimiser settings back, ``"<parameter>/<setting>"`` each.

    Raises:
        ValueError: for what is no finite number; ``reading`` translates it.
        DescriptionError: for one beyond the bounds of its setting.
    """
    found = {path: one_number(value, path) for path, value in settings.items()}
    new = {name: dict(numbers) for name, numbers in sim.settings.items()}
    for path, number in found.items():
        name, _, key = path.rpartition("/")
        if key in new.get(name, {}):
            new[name][key] = number
    refuse_unsound_settings(sim.spec.updates, new)
    for name, numbers in new.items():
        sim.settings[name].update(numbers)
