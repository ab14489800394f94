"""Sharpness-aware minimisation: flat minima rather than sharp ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from genprop._checks import real
from genprop.describe.bounds import clipped
from genprop.train.callbacks import Callback, Training
from genprop.train.clip import joint_norm
from genprop.train.selection import Selection

__all__ = ["Sharpness"]


class Sharpness(Callback):
    """Sharpness-aware minimisation: learns from the gradient at the worst point of a neighbourhood.

    g(w) ← ∇L(w + ε),  ε = radius · g/‖g‖, the norm over all chosen parameters together. The minima
    that are left are flat, which helps where samples are few. A batch is computed twice, so an
    epoch takes twice as long. Name it before callbacks that change gradients, such as Clip.

    Args:
        radius: ‖ε‖, in the unit of the chosen parameters.
        parameters: which are moved, by flat name, name in the model or role. Weights by default:
            delays have another unit, and all gradients are taken at the moved weights anyway.
            None is moved beyond its bounds.

    Source: Foret et al. 2021, arXiv:2010.01412.
    """

    def __init__(self, radius: float, parameters: Sequence[str] | str = "weight") -> None:
        self.radius = real(radius, "Sharpness(radius=…)", above=0.0)
        self.chosen = Selection(parameters)

    def on_train_begin(self, training: Training) -> None:
        """Refuse parameters that do not exist."""
        self.chosen.of(training.sim)

    def on_gradients(self, training: Training) -> None:
        """Replace the gradients by those at w + ε."""
        names = self.chosen.of(training.sim)
        slopes = {name: np.array(training.gradients[name], np.float64) for name in names}
        norm = joint_norm(slopes.values())
        if norm == 0.0 or training.inputs is None:
            return
        parameters = training.sim.parameters
        here = {name: np.array(parameters[name]) for name in names}
        bounds = {spec.name: spec for spec in training.sim.spec.leaf_parameters()}
        for name, slope in slopes.items():
            moved = here[name] + (self.radius / norm * slope).astype(here[name].dtype)
            parameters[name] = clipped(moved, bounds[name])
        try:
            _, training.gradients = training.sim.gradients(training.inputs)
        finally:
            for name, value in here.items():
                parameters[name] = value
