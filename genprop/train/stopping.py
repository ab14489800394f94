"""Stopping when nothing is gained any more."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from genprop._checks import integer
from genprop._reading import one_count
from genprop.train.callbacks import Callback, Training
from genprop.train.metrics import is_better
from genprop.train.plateau import metric_of

__all__ = ["EarlyStopping"]


class EarlyStopping(Callback):
    """Ends the training after ``patience`` epochs without a better metric, at the best parameters.

    Args:
        metric: what must improve; by default the validation's accuracy.
        patience: how many epochs may pass without that.
        restore: whether the simulator ends as it was after its best epoch.
    """

    def __init__(
        self, metric: str = "valid.accuracy", patience: int = 20, restore: bool = True
    ) -> None:
        self.metric, self.restores = metric, restore
        self.patience = integer(patience, "EarlyStopping(patience=…)", least=1)
        self.best, self.best_epoch, self._waited = math.nan, 0, 0
        self._best_state: dict[str, np.ndarray] = {}

    def on_epoch_end(self, training: Training) -> None:
        """Look whether the metric improved."""
        value = metric_of(training, self.metric, "EarlyStopping")
        if is_better(self.metric, value, None if math.isnan(self.best) else self.best):
            self.best, self.best_epoch, self._waited = value, training.epoch, 0
            if self.restores:
                self._best_state = training.sim.state()
            return
        self._waited += 1
        if self._waited >= self.patience:
            training.stop = (
                f"{self.metric} has not improved on {self.best:.4g} (epoch {self.best_epoch}) "
                f"for {self.patience} epochs"
            )

    def on_train_end(self, training: Training) -> None:
        """Go back to the best epoch."""
        if self.restores and self._best_state:
            training.sim.restore(self._best_state)

    def state(self) -> dict[str, np.ndarray]:
        """The best value, its epoch, epochs waited, and the simulator's state then."""
        own = {"best": np.array([self.best, self.best_epoch, self._waited])}
        return own | {f"kept/{name}": value for name, value in self._best_state.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """The reverse of :meth:`state`."""
        best, epoch, waited = (float(x) for x in state["best"])
        self.best, self.best_epoch = best, one_count(epoch, "the best epoch")
        self._waited = one_count(waited, "epochs waited")
        self._best_state = {
            name.removeprefix("kept/"): np.asarray(value)
            for name, value in state.items()
            if name.startswith("kept/")
        }
