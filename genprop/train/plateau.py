"""Learning rates that fall when a metric no longer improves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import integer, real
from genprop._reading import one_count
from genprop.errors import ConfigurationError, did_you_mean
from genprop.train.metrics import is_better
from genprop.train.schedule import Schedule

if TYPE_CHECKING:
    from genprop.train.callbacks import Training

__all__ = ["DualEMAPlateau", "Plateau", "metric_of"]


class Plateau(Schedule):
    """Multiplies the factor by ``by`` after ``patience`` epochs without a better metric.

    Args:
        metric: what must improve; by default the validation's accuracy.
        patience: how many epochs may pass without that.
        by: what the factor is multiplied by.
        least: it never falls below this.
        parameters: see :class:`Schedule`.
    """

    def __init__(
        self,
        metric: str = "valid.accuracy",
        patience: int = 10,
        by: float = 0.5,
        least: float = 1e-4,
        parameters: Sequence[str] | str = (),
    ) -> None:
        super().__init__(parameters)
        self.metric, self.patience = metric, integer(patience, "Plateau(patience=…)", least=1)
        self.by = real(by, "Plateau(by=…)", above=0.0, most=1.0)
        self.least = real(least, "Plateau(least=…)", least=0.0, most=1.0)
        self._best, self._waited, self._factor = math.nan, 0, 1.0

    def factor(self, training: Training) -> float:
        """What the plateaus so far have left."""
        return self._factor

    def on_epoch_end(self, training: Training) -> None:
        """Look whether the metric improved."""
        super().on_epoch_end(training)
        value = metric_of(training, self.metric, "Plateau")
        if is_better(self.metric, value, None if math.isnan(self._best) else self._best):
            self._best, self._waited = value, 0
            return
        self._waited += 1
        if self._waited >= self.patience:
            self._waited, self._factor = 0, max(self._factor * self.by, self.least)

    def state(self) -> dict[str, np.ndarray]:
        """The best value, epochs waited and the factor."""
        own = np.array([self._best, self._waited, self._factor])
        return super().state() | {"plateau": own}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """The reverse of :meth:`state`."""
        super().restore(state)
        best, waited, factor = (float(x) for x in state["plateau"])
        self._best, self._factor = best, factor
        self._waited = one_count(waited, "epochs waited")


class DualEMAPlateau(Schedule):
    """Dual-EMA plateau: halves the rate while a fast average of a metric is worse than a slow one.

    Both are exponential moving averages, m ← m + (value − m)/τ with τ in epochs. When the fast one
    has been worse than the slow one for ``patience`` epochs in a row, the factor is multiplied by
    ``by`` and the count begins anew.

    Args:
        metric: what is averaged; by default the validation's accuracy.
        fast: τ of the fast average [epochs].
        slow: τ of the slow average [epochs].
        patience: how long the fast one must have been worse [epochs].
        by: what the factor is multiplied by.
        parameters: see :class:`Schedule`.
    """

    def __init__(
        self,
        metric: str = "valid.accuracy",
        fast: float = 5.0,
        slow: float = 20.0,
        patience: int = 5,
        by: float = 0.5,
        parameters: Sequence[str] | str = (),
    ) -> None:
        super().__init__(parameters)
        self.metric, self.fast = metric, real(fast, "DualEMAPlateau(fast=…)", least=1.0)
        self.slow = real(slow, "DualEMAPlateau(slow=…)", above=self.fast)
        self.patience = integer(patience, "DualEMAPlateau(patience=…)", least=1)
        self.by = real(by, "DualEMAPlateau(by=…)", above=0.0, most=1.0)
        self._fast, self._slow, self._worse, self._factor = math.nan, math.nan, 0, 1.0

    def factor(self, training: Training) -> float:
        """What the halvings so far have left."""
        return self._factor

    def on_epoch_end(self, training: Training) -> None:
        """Move both averages and compare."""
        super().on_epoch_end(training)
        value = metric_of(training, self.metric, "DualEMAPlateau")
        if math.isnan(self._fast):
            self._fast = self._slow = value
            return
        self._fast += (value - self._fast) / self.fast
        self._slow += (value - self._slow) / self.slow
        worse = is_better(self.metric, self._slow, self._fast)
        self._worse = self._worse + 1 if worse else 0
        if self._worse >= self.patience:
            self._worse, self._factor = 0, self._factor * self.by

    def state(self) -> dict[str, np.ndarray]:
        """Both averages, the count and the factor."""
        own = np.array([self._fast, self._slow, self._worse, self._factor])
        return super().state() | {"averages": own}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """The reverse of :meth:`state`."""
        super().restore(state)
        fast, slow, worse, factor = (float(x) for x in state["averages"])
        self._fast, self._slow, self._factor = fast, slow, factor
        self._worse = one_count(worse, "epochs that were worse")


def metric_of(training: Training, metric: str, who: str) -> float:
    """A metric of the epoch that ends.

    Raises:
        ConfigurationError: for one that does not exist, with "did you mean".
    """
    if metric not in training.metrics:
        raise ConfigurationError(
            f"there is no metric {metric!r}",
            where=f"{who}(metric={metric!r})",
            remedy=did_you_mean(metric, training.metrics)
            + ("" if "valid.loss" in training.metrics else " (there are no validation samples)"),
        )
    return training.metrics[metric]
