"""One training from its train.toml to its result, in a run folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from genprop._ranks import world
from genprop._writing import writing
from genprop.errors import ConfigurationError, DataError
from genprop.experiment.config import Config, read_config
from genprop.experiment.distributed import compiled, refuse_other_settings
from genprop.experiment.environment import describe_environment
from genprop.experiment.pruning import pruning
from genprop.train.checkpoint import load_checkpoint
from genprop.train.distributed import divided
from genprop.train.evaluate import evaluate
from genprop.train.files import write_atomically
from genprop.train.fit import fit
from genprop.train.folder import RunFolder, TakenError, run_path
from genprop.train.saving import Checkpoint

if TYPE_CHECKING:
    from genprop.experiment.experiment import Experiment
    from genprop.train.history import History
    from genprop.train.surface import Trainable

__all__ = [
    "describe_result",
    "finished_result",
    "train_named",
    "train_run",
    "write_settings",
]

_SHOWN = ("name", "epochs", "seconds", "samples_per_second", "best_epoch", "metrics", "test")


def train_named(
    config: Config,
    *,
    resume: bool = False,
    wait: bool = False,
    threads: int | None = None,
    progress: bool = True,
    root: Path = Path("runs"),
) -> tuple[Path, dict[str, object]]:
    """:func:`train_run` in the folder of the config's name, or the next one that is free.

    Of two trainings of one name that begin at once each has its own. Gives the folder, too.
    """
    taken, ranks = set[Path](), world()
    while True:
        path = ranks.lead(lambda: run_path(config.name, resume=resume, root=root, taken=taken))
        try:
            return path, train_run(
                config, path, resume=resume, wait=wait, threads=threads, progress=progress
            )
        except TakenError as error:
            if resume or wait or error.where != str(path):
                raise
            taken.add(path)


def train_run(
    config: Config,
    run: str | Path | RunFolder,
    *,
    resume: bool = False,
    wait: bool = False,
    threads: int | None = None,
    progress: bool = True,
) -> dict[str, object]:
    """Train what ``config`` says, in the run folder ``run``, and give the content of result.json.

    A finished run that is resumed with as many epochs is not trained again. Processes that
    ``mpirun`` has started train it together; the first one writes.

    Args:
        config: of :func:`~genprop.experiment.config.read_config`.
        run: the folder.
        resume: go on from the folder's last checkpoint, if there is one.
        wait: wait for another process that trains in this folder.
        threads: of the native backend, instead of the config's.
        progress: see :func:`~genprop.train.fit.fit`.

    Raises:
        ConfigurationError: for a folder with other settings, and everything that ``fit`` raises.
    """
    folder = RunFolder.of(run)
    assert folder is not None
    ranks = world()
    refuse_other_settings(ranks, config)
    with contextlib.ExitStack() as held:
        ranks.lead(lambda: held.enter_context(folder.locked(wait)))
        if (done := ranks.lead(lambda: _begun(config, folder, resume))) is not None:
            return done
        experiment, simulator, callbacks = compiled(ranks, config, threads)
        settings = config.fit
        if "start" in settings and not ranks.lead(folder.last.exists):
            _begin(simulator, str(settings["start"]))
        best = str(settings.get("best", "auto"))
        saver = Checkpoint(folder.last, int(str(settings.get("every", 1))), best, folder.best)
        history = fit(
            simulator,
            experiment.train,
            experiment.valid,
            epochs=config.epochs,
            callbacks=[*callbacks, *pruning(config), saver],
            augment=experiment.augment,
            progress=progress,
            run=folder,
            resume=resume,
            seed=config.seed,
        )
        result = _result(config, folder, experiment, simulator, history)
        ranks.lead(lambda: folder.write_json(folder.result, result))
        return result


def _begun(config: Config, folder: RunFolder, resume: bool) -> dict[str, object] | None:
    """Make the folder ready; gives the result where there is nothing left to train."""
    folder.prepare(resume)
    if resume:
        _refuse_other_settings(config, folder)
        if (done := finished_result(config, folder)) is not None:
            return done
    with writing(folder.result):
        folder.result.unlink(missing_ok=True)
    write_settings(config, folder)
    return None


def describe_result(result: Mapping[str, object]) -> str:
    """The content of a result.json in a few lines.

    Raises:
        DataError: for one that lacks a part of them.
    """
    lacking = [name for name in _SHOWN if name not in result]
    if lacking:
        raise DataError(
            f"the result lacks {', '.join(lacking)}",
            where="result.json",
            remedy="remove it and --resume",
        )
    metrics, test = result["metrics"], result["test"]
    lines = [
        f"{result['name']}: {result['epochs']} epochs in {result['seconds']} s "
        f"({result['samples_per_second']} samples/s), best in epoch {result['best_epoch']}"
    ]
    if isinstance(metrics, Mapping):
        lines += [
            f"  {name:<15} {_shown(name, value)}"
            for name, value in metrics.items()
            if name in ("train.loss", "train.accuracy", "valid.loss", "valid.accuracy")
        ]
    if isinstance(test, Mapping):
        lines += [
            f"  {'test.' + name:<15} {_shown(name, test[name])}"
            for name in ("loss", "accuracy")
            if name in test
        ]
    return "\n".join(lines)


def _shown(name: str, value: object) -> str:
    number = float(str(value))
    return f"{number:.2%}" if name.endswith("accuracy") else f"{number:.4g}"


def _begin(simulator: Trainable, start: str) -> None:
    """Take the parameters of a run's best checkpoint, or of the checkpoint ``start`` itself."""
    path = Path(start).expanduser()
    best = RunFolder(path).best if path.is_dir() else path
    load_checkpoint(best, simulator, only="parameters")


def write_settings(config: Config, folder: RunFolder) -> None:
    """Keep the exact settings, the network's code and the environment in the run folder."""
    network = Path(os.path.relpath(config.network.resolve(), folder.path.resolve())).as_posix()
    write_atomically(folder.network, config.code.read_bytes())
    write_atomically(folder.config, config.toml(network, folder.network.name).encode())
    folder.write_json(folder.environment, describe_environment(config.network.parent))


def _refuse_other_settings(config: Config, folder: RunFolder) -> None:
    if not folder.config.exists():
        return
    differences = config.differences(read_config(folder.config))
    if differences:
        raise ConfigurationError(
            "the run was begun with other settings:\n    " + "\n    ".join(differences),
            where=str(folder.config),
            remedy="resume with its own settings (genprop train "
            f"{folder.config} --resume --run {folder.path}), or choose another folder with --run",
        )


def finished_result(config: Config, folder: RunFolder) -> dict[str, object] | None:
    """The result of a run that is finished with these settings; None while it is not.

    Raises:
        DataError: for a damaged result.
    """
    if not folder.result.exists() or not folder.config.exists():
        return None
    if config.differences(read_config(folder.config)):
        return None
    result = folder.read_result()
    requested = result.get("requested_epochs", result.get("epochs_asked"))  # the name of before
    return result if requested == config.epochs else None


def _result(
    config: Config,
    folder: RunFolder,
    experiment: Experiment,
    simulator: Trainable,
    history: History,
) -> dict[str, object]:
    """What came out: the best epoch's numbers, and the test samples seen with its parameters."""
    best = load_checkpoint(folder.best, simulator, only="parameters").records[-1]
    test = experiment.test
    shown = None if test is None else evaluate(simulator, divided(simulator, test))
    seconds = sum(record.seconds for record in history)
    return {
        "name": config.name,
        "seed": config.seed,
        "epochs": len(history),
        "requested_epochs": config.epochs,
        "best_epoch": best.epoch,
        "metrics": dict(best.metrics),
        "test": None if shown is None else shown.summary(),
        "parameters": sum(
            int(simulator.parameters[p.name].size)
            for p in simulator.spec.leaf_parameters()
            if p.learned
        ),
        "seconds": round(seconds, 3),
        "samples_per_second": round(len(experiment.train) * len(history) / max(seconds, 1e-9), 1),
    }
