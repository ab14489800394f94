"""Many trainings of one train.toml whose settings Optuna chooses, by what the validation says.

Each trial is a process of one thread with a run folder of its own, as a case of a sweep is. What
was killed goes on: trials that a dead search has left running are started again as they were.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genprop.errors import ConfigurationError, DataError, TrainingError
from genprop.experiment.callbacks import make_callbacks
from genprop.experiment.config import Config, read_config
from genprop.experiment.experiment import compile_settings, load_experiment
from genprop.experiment.places import opened
from genprop.experiment.pools import Pool, Task, fault_of, task_of
from genprop.experiment.search_settings import TRIAL, Search, search_of
from genprop.experiment.studies import Study, Trial
from genprop.experiment.training import write_settings
from genprop.train.files import read_table
from genprop.train.folder import RunFolder
from genprop.train.metrics import is_better

if TYPE_CHECKING:
    from genprop.experiment.spaces import Value

__all__ = ["Outcome", "best_of", "run_search", "trial_name"]

_HOPELESS = 3
"""Trials that fail, and none that does not, after which a search gives up."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search found.

    Attributes:
        metric: what was best, of the validation.
        trials: all, by number.
        best: the one that was chosen.
        test: what the test says of the chosen one; nothing without test samples.
        importance: by setting, see :meth:`~genprop.experiment.studies.Study.importance`.
    """

    metric: str
    trials: Sequence[Trial]
    best: Trial
    test: Mapping[str, object]
    importance: Mapping[str, float]


def run_search(
    file: Path,
    overrides: Sequence[str],
    root: Path,
    *,
    jobs: int | None = None,
    on: str = "here",
    on_trial: Callable[[str], None] = print,
) -> Outcome:
    """Train until there are as many trials as [search] says, and choose the best.

    All of it is also written to ``root/search.json``.

    Args:
        file: the train.toml.
        overrides: changes to it, ``"search.trials=20"`` too.
        root: the folder of the trials' run folders.
        jobs: processes at a time; by default as many as there are cores.
        on: where they run, see :func:`~genprop.experiment.places.opened`.
        on_trial: is called with a line for each trial that ends.

    Raises:
        ConfigurationError: for settings that do not fit, a metric of the test, an experiment
            without validation samples, and a storage that cannot be used.
        TrainingError: when no trial finished, or the scheduler is gone.
        UnsupportedError: without Optuna.
    """
    config = read_config(file, overrides)
    search = search_of(config)
    _refuse_unsound(config, search, file, overrides)
    folder = RunFolder(root)
    with folder.locked():
        _begin(config, folder)
        study = Study(config, search, root)
        with opened(on, config.cluster, jobs) as pool:
            runner = _Runner(file, [*overrides, *_fixed(config, search)], root, search, study)
            runner.run(pool, on_trial)
        outcome = _outcome(search, study, root)
        folder.write_json(root / "search.json", _summary(file, overrides, search, outcome, folder))
    return outcome


def best_of(trials: Sequence[Trial], metric: str) -> Trial | None:
    """The finished trial with the best value of ``metric``, the first of equals."""
    found: Trial | None = None
    for trial in trials:
        if trial.value is not None and is_better(metric, trial.value, found and found.value):
            found = trial
    return found


def trial_name(number: int) -> str:
    """The folder of a trial within that of the search."""
    return f"trial-{number:04d}"


@dataclass(frozen=True, slots=True)
class _Runner:
    """Keeps a pool busy with the trials of a study."""

    file: Path
    settings: Sequence[str]
    root: Path
    search: Search
    study: Study

    def run(self, pool: Pool, on_trial: Callable[[str], None]) -> None:
        """Train all trials that are missing."""
        known = self.study.trials()
        ended = [trial.state for trial in known if trial.state != "running"]
        requested = len(known)
        running = {pool.submit(self._task(trial)): trial for trial in self.study.left()}
        while running or requested < self.search.trials:
            while len(running) < pool.slots and requested < self.search.trials:
                trial, requested = self.study.ask(), requested + 1
                running[pool.submit(self._task(trial))] = trial
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=lambda one: running[one].number):
                trial, line = self._reported(running.pop(future), future)
                ended.append(trial.state)
                on_trial(f"{len(ended)}/{self.search.trials}  {line}")
                if len(ended) >= _HOPELESS and set(ended) == {"failed"}:
                    raise TrainingError(
                        f"the first {len(ended)} trials failed, the last one: {line}",
                        where=str(self.root),
                        remedy="correct that (log.txt in the trials' folders has more) and search "
                        "in another folder: --run",
                    )

    def _reported(self, trial: Trial, future: Future[str]) -> tuple[Trial, str]:
        """The trial as it ended, and a line about it.

        Raises:
            TrainingError: where the scheduler is gone; the trial is still to be trained then.
        """
        if _is_gone(future):
            raise TrainingError(
                "the scheduler is gone", where=trial_name(trial.number),
                remedy="give the same command again: it goes on with this trial",
            )  # fmt: skip
        fault = fault_of(future)
        reported = self.study.tell(trial, None if fault else self._value(trial))
        shown = {
            "finished": f"{self.search.metric} {reported.value or 0.0:.5g}",
            "stopped": f"stopped after epoch {max(reported.curve, default=0)}",
            "failed": f"failed: {fault}",
        }
        return (
            reported,
            f"{trial_name(trial.number)}  {_written(trial.settings)}  {shown[reported.state]}",
        )

    def _task(self, trial: Trial) -> Task:
        of = {"number": trial.number, "study": self.study.name, "storage": self.study.place}
        table = ", ".join(f"{name} = {json.dumps(value)}" for name, value in of.items())
        own = [*_assignments(trial.settings), f"search.{TRIAL}={{{table}}}"]
        return task_of(self.file, [*self.settings, *own], self.root / trial_name(trial.number))

    def _value(self, trial: Trial) -> float:
        """The metric in the epoch that the training itself holds for its best."""
        result = RunFolder(self.root / trial_name(trial.number)).read_result()
        metrics = result.get("metrics")
        value = metrics.get(self.search.metric) if isinstance(metrics, Mapping) else None
        if value is None:
            raise DataError(
                f"the result has no {self.search.metric}", where=trial_name(trial.number)
            )
        return float(str(value))


def _refuse_unsound(config: Config, search: Search, file: Path, overrides: Sequence[str]) -> None:
    """Refuse, before anything is trained, what no trial could do.

    Raises:
        ConfigurationError: saying what.
    """
    if TRIAL in config.search:
        raise ConfigurationError(
            f"{TRIAL!r} is what a search tells its trainings",
            where=config.place("search", TRIAL),
            remedy="take it out",
        )
    for key, space in search.spaces.items():
        for value in space.ends:
            read_config(file, [*overrides, *_assignments({key: value})])
    first = {key: space.ends[0] for key, space in search.spaces.items()}
    example = read_config(file, [*overrides, *_assignments(first)])
    experiment = load_experiment(example)
    if experiment.valid is None:
        raise ConfigurationError(
            "the experiment has no validation samples, by which a search chooses",
            where=f"{config.network}, build()",
            remedy="return Experiment(…, valid=…), with samples that are in neither train nor test",
        )
    make_callbacks(example)
    if experiment.sim is None:
        compile_settings(experiment, example)


def _begin(config: Config, folder: RunFolder) -> None:
    """Keep settings, code and environment; refuse a folder that was begun with others."""
    if not folder.config.exists():
        write_settings(config, folder)
        return
    if differences := config.differences(read_config(folder.config)):
        raise ConfigurationError(
            "the search was begun with other settings:\n    " + "\n    ".join(differences),
            where=str(folder.config),
            remedy="choose another folder with --run",
        )


def _fixed(config: Config, search: Search) -> list[str]:
    """The epoch that counts is the best by the search's metric, unless [fit] says otherwise."""
    return [] if "best" in config.fit else [f"fit.best={json.dumps(search.metric)}"]


def _assignments(settings: Mapping[str, Value]) -> list[str]:
    return [f"{key}={json.dumps(value)}" for key, value in settings.items()]


def _written(settings: Mapping[str, Value]) -> str:
    return ", ".join(
        f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in settings.items()
    )


def _is_gone(future: Future[str]) -> bool:
    """Whether the pool has lost a training without its fault."""
    try:
        return isinstance(future.exception(), CancelledError)
    except CancelledError:
        return True


def _outcome(search: Search, study: Study, root: Path) -> Outcome:
    trials = study.trials()
    best = best_of(trials, search.metric)
    if best is None:
        raise TrainingError(
            f"none of {len(trials)} trials finished",
            where=str(root),
            remedy="see log.txt in their folders; --set search.trials=… makes more",
        )
    test = RunFolder(root / trial_name(best.number)).read_result().get("test")
    found = test if isinstance(test, Mapping) else {}
    shown = {name: found[name] for name in ("accuracy", "loss") if name in found}
    return Outcome(search.metric, trials, best, shown, study.importance())


def _summary(
    file: Path, overrides: Sequence[str], search: Search, outcome: Outcome, folder: RunFolder
) -> dict[str, object]:
    environment = read_table(folder.environment)
    return {
        "file": str(file),
        "overrides": list(overrides),
        "metric": search.metric,
        "spaces": {key: str(space) for key, space in search.spaces.items()},
        "best": outcome.best.number,
        "test": dict(outcome.test),
        "importance": dict(outcome.importance),
        "trials": [asdict(trial) for trial in outcome.trials],
        "environment": {name: fact for name, fact in environment.items() if name != "command"},
    }
