"""The trials of a search, in a storage of Optuna: requested, reported, read again after an end.

The sampler of a trial is seeded by its number, so a search with one training at a time that was
killed and begun again makes the trials of one that was not.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genprop.errors import ConfigurationError
from genprop.experiment.pruning import PRUNED
from genprop.experiment.storages import optuna, pruner_of, storage_of, storing
from genprop.train.metrics import is_better

if TYPE_CHECKING:
    from genprop.experiment.config import Config
    from genprop.experiment.search_settings import Search
    from genprop.experiment.spaces import Space, Value

__all__ = ["Study", "Trial"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One training of a search.

    Attributes:
        number: from 0.
        settings: what was chosen.
        state: ``"running"``, ``"finished"``, ``"stopped"`` early, or ``"failed"``.
        value: the metric, of one that finished.
        curve: the metric after each epoch, by epoch from 1.
    """

    number: int
    settings: Mapping[str, Value]
    state: str = "running"
    value: float | None = None
    curve: Mapping[int, float] = field(default_factory=dict[int, float])


class Study:
    """The trials of the search in the folder ``root``, begun or gone on with.

    Args:
        config: what is trained.
        search: what is searched.
        root: the folder of the search.

    Raises:
        ConfigurationError: for a storage that cannot be used, or that holds another search.
        UnsupportedError: without Optuna.
    """

    def __init__(self, config: Config, search: Search, root: Path) -> None:
        library = optuna()
        self.place = search.storage or str(root.resolve() / "trials.journal")
        self.name = root.resolve().name
        self._seed = config.seed
        self._distributions = {k: _distribution(library, s) for k, s in search.spaces.items()}
        least = is_better(search.metric, 0.0, 1.0)
        storage = storage_of(self.place)
        with storing(self.place):
            self._study = library.create_study(
                storage=storage,
                study_name=self.name,
                direction="minimize" if least else "maximize",
                pruner=pruner_of(search.prune, config.epochs),
                load_if_exists=True,
            )
            about: dict[str, object] = {"spaces": {k: str(s) for k, s in search.spaces.items()}}
            about |= {"metric": search.metric, "epochs": config.epochs, "prune": search.prune}
            about |= {"folder": str(root.resolve())} if search.storage else {}
            begun = self._study.user_attrs.get("about")
            if begun is None:
                self._study.set_user_attr("about", about)
        if begun not in (None, about):
            other = [
                f"{k} was {begun.get(k)}, is {v}" for k, v in about.items() if begun.get(k) != v
            ]
            raise ConfigurationError(
                "the storage holds a search about something else:\n    " + "\n    ".join(other),
                where=self.place,
                remedy="choose another folder with --run, whose name is that of the study",
            )

    def trials(self) -> list[Trial]:
        """All there are, by number."""
        with storing(self.place):
            return [self._trial(known) for known in self._study.get_trials(deepcopy=False)]

    def left(self) -> list[Trial]:
        """Those that a search which is dead has left running, with all their settings."""
        with storing(self.place):
            found = self._study.get_trials(deepcopy=False)
            return [self._chosen(t._trial_id, t.number) for t in found if not t.state.is_finished()]

    def ask(self) -> Trial:
        """One more trial."""
        with storing(self.place):
            number = len(self._study.get_trials(deepcopy=False))
            trial_id = self._study.ask()._trial_id
            return self._chosen(trial_id, number)

    def tell(self, trial: Trial, value: float | None) -> Trial:
        """What came out of a trial: its value, or None where it failed.

        One that was stopped early has no value that could be the best.
        """
        states = optuna().trial.TrialState
        with storing(self.place):
            known = self._study.get_trials(deepcopy=False)[trial.number]
            if value is None:
                self._study.tell(trial.number, state=states.FAIL)
            elif PRUNED in known.user_attrs:
                self._study.tell(trial.number, state=states.PRUNED)
            else:
                self._study.tell(trial.number, value)
            return self._trial(self._study.get_trials(deepcopy=False)[trial.number])

    def importance(self) -> dict[str, float]:
        """How much of the metric's variance follows from each setting, from 0 to 1 (fANOVA).

        Empty for fewer than four trials that finished, or where all of them are alike.
        """
        values = {t.value for t in self.trials() if t.state == "finished"}
        if len(values) < 4:
            return {}
        evaluators = importlib.import_module("optuna.importance")
        with storing(self.place):
            evaluator = evaluators.FanovaImportanceEvaluator(seed=self._seed)
            found = evaluators.get_param_importances(self._study, evaluator=evaluator)
        return {str(name): float(part) for name, part in found.items()}

    def _chosen(self, trial_id: int, number: int) -> Trial:
        """The trial with a value for each setting; those that it has stay."""
        library = optuna()
        seed = int(np.random.SeedSequence([self._seed, number]).generate_state(1)[0])
        self._study.sampler = library.samplers.TPESampler(seed=seed)
        trial = library.trial.Trial(self._study, trial_id)
        for name, kind in self._distributions.items():
            _suggest(trial, name, kind)
        return Trial(number, {name: trial.params[name] for name in self._distributions})

    def _trial(self, known: Any) -> Trial:
        names = {"COMPLETE": "finished", "PRUNED": "stopped", "FAIL": "failed"}
        state = names.get(known.state.name, "running")
        value = float(known.value) if state == "finished" else None
        curve = {int(k): float(v) for k, v in known.intermediate_values.items()}
        return Trial(known.number, dict(known.params), state, value, curve)


def _distribution(library: Any, space: Space) -> Any:
    kinds = library.distributions
    if space.choices:
        return kinds.CategoricalDistribution(space.choices)
    if space.whole:
        return kinds.IntDistribution(int(space.low), int(space.high), log=space.log)
    return kinds.FloatDistribution(space.low, space.high, log=space.log)


def _suggest(trial: Any, name: str, kind: Any) -> None:
    if hasattr(kind, "choices"):
        trial.suggest_categorical(name, kind.choices)
    elif type(kind).__name__ == "IntDistribution":
        trial.suggest_int(name, kind.low, kind.high, log=kind.log)
    else:
        trial.suggest_float(name, kind.low, kind.high, log=kind.log)
