"""Keeping single batches from throwing the parameters far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from genprop._checks import real
from genprop.errors import ConfigurationError
from genprop.train.callbacks import Callback, Training
from genprop.train.selection import Selection

__all__ = ["Clip", "joint_norm"]


class Clip(Callback):
    """Clips gradients by norm or value, and reports in ``clip.acted`` how often it did.

    g ← g · min(1, norm/‖g‖), ‖·‖ over all chosen parameters together; or each element of g is
    brought into [−value, value].

    Args:
        norm: the greatest norm that passes.
        value: the greatest magnitude of an element that passes.
        parameters: which, by flat name, name in the model or role; by default all. As weights and
            delays have gradients of different units, give each a Clip of its own.
        name: of its metrics, ``<name>.acted`` (fraction of batches) and ``<name>.norm`` (the mean).
    """

    def __init__(
        self,
        norm: float | None = None,
        value: float | None = None,
        parameters: Sequence[str] | str = (),
        name: str = "clip",
    ) -> None:
        given = [x for x in (norm, value) if x is not None]
        if len(given) != 1:
            raise ConfigurationError(
                f"Clip takes a norm or a value, not norm={norm!r:.40}, value={value!r:.40}",
                remedy="Clip(norm=1.0)",
            )
        real(given[0], f"Clip({'value' if norm is None else 'norm'}=…)", above=0.0)
        self.norm, self.value, self.name = norm, value, name
        self.chosen = Selection(parameters)
        self._sums = np.zeros(3)

    def on_train_begin(self, training: Training) -> None:
        """Refuse parameters that do not exist."""
        self.chosen.of(training.sim)

    def on_gradients(self, training: Training) -> None:
        """Clip."""
        names = self.chosen.of(training.sim)
        norm = joint_norm(training.gradients[name] for name in names)
        acted = False
        if self.norm is not None and norm > self.norm:
            acted, factor = True, self.norm / norm
            clipped = {name: training.gradients[name] * factor for name in names}
            training.gradients = {**training.gradients, **clipped}
        elif self.value is not None:
            limit = self.value
            acted = any(bool(np.any(np.abs(training.gradients[n]) > limit)) for n in names)
            clipped = {n: np.clip(training.gradients[n], -limit, limit) for n in names}
            training.gradients = {**training.gradients, **clipped}
        self._sums += (acted, norm, 1.0)

    def on_epoch_end(self, training: Training) -> None:
        """Report."""
        acted, norm, count = (float(x) for x in self._sums)
        training.metrics[f"{self.name}.acted"] = acted / max(count, 1.0)
        training.metrics[f"{self.name}.norm"] = norm / max(count, 1.0)
        self._sums = np.zeros(3)

    def state(self) -> dict[str, np.ndarray]:
        """The sums of this epoch."""
        return {"sums": self._sums.copy()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """The reverse of :meth:`state`."""
        self._sums = np.array(state["sums"], np.float64).reshape(3)


def joint_norm(gradients: Iterable[np.ndarray]) -> float:
    """‖g‖ over all ``gradients`` together, in double precision."""
    flat = (np.asarray(gradient, np.float64).ravel() for gradient in gradients)
    return float(np.sqrt(sum(float(g @ g) for g in flat)))
