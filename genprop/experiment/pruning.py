"""A training that is one trial of a search tells it every epoch, and stops where it shall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from genprop.experiment.search_settings import TRIAL, search_of
from genprop.experiment.storages import optuna, pruner_of, storage_of, storing
from genprop.train.callbacks import Callback, Training
from genprop.train.plateau import metric_of

if TYPE_CHECKING:
    from genprop.experiment.config import Config

__all__ = ["PRUNED", "pruning"]

PRUNED = "pruned"
"""The attribute of a trial that was stopped: in which epoch."""


class _Pruning(Callback):
    """Reports the metric of every epoch to a trial; ends the training when Optuna says so."""

    def __init__(self, trial: Any, metric: str, place: str) -> None:
        self._trial, self._metric, self._place = trial, metric, place

    def on_epoch_end(self, training: Training) -> None:
        """Report, and look whether others were better by then."""
        value = metric_of(training, self._metric, "genprop search")
        with storing(self._place):
            self._trial.report(value, training.epoch)
            if self._trial.should_prune() and training.epoch < training.epochs:
                self._trial.set_user_attr(PRUNED, training.epoch)
                training.stop = f"worse than the median of the search's trials by {self._metric}"


def pruning(config: Config) -> list[Callback]:
    """What acts in a training that a search has started; nothing in any other.

    Raises:
        ConfigurationError: for a storage that cannot be used.
        UnsupportedError: without Optuna.
    """
    given = config.search.get(TRIAL)
    if not isinstance(given, Mapping):
        return []
    of: dict[str, object] = {str(k): v for k, v in given.items()}  # pyright: ignore
    search, place = search_of(config), str(of["storage"])
    library, storage = optuna(), storage_of(place)
    with storing(place):
        pruner = pruner_of(search.prune, config.epochs)
        study = library.load_study(study_name=str(of["study"]), storage=storage, pruner=pruner)
        known = study.get_trials(deepcopy=False)[int(str(of["number"]))]
        return [_Pruning(library.trial.Trial(study, known._trial_id), search.metric, place)]
