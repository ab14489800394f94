"""The network of a run, or of several as one, with what it learned; their evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from genprop._checks import is_one_of
from genprop.errors import ConfigurationError
from genprop.experiment.config import read_config
from genprop.experiment.experiment import compile_experiment, load_experiment
from genprop.train.checkpoint import load_checkpoint
from genprop.train.evaluate import Evaluation, evaluate
from genprop.train.folder import RunFolder

if TYPE_CHECKING:
    from genprop.experiment.experiment import Experiment
    from genprop.runtime.simulator import Simulator
    from genprop.train.surface import Trainable

__all__ = ["evaluate_ensembles", "evaluate_run", "open_ensemble", "open_run"]


def evaluate_run(
    run: str | Path, split: str = "test", checkpoint: str = "best", overrides: Sequence[str] = ()
) -> Evaluation:
    """Evaluate a run's network on one of its datasets.

    Args:
        run: the run folder.
        split: ``"train"``, ``"valid"`` or ``"test"``.
        checkpoint: ``"best"`` or ``"last"``.
        overrides: changes to its settings, such as ``"compile.backend=reference"``.
    """
    simulator, experiment = open_run(run, checkpoint, overrides)
    return evaluate(simulator, experiment.split(split))


def open_run(
    run: str | Path, checkpoint: str = "best", overrides: Sequence[str] = ()
) -> tuple[Trainable, Experiment]:
    """The network of a run with the parameters of a checkpoint, and its experiment.

    Args:
        run: the run folder.
        checkpoint: ``"best"`` or ``"last"``.
        overrides: changes to its settings, such as ``"compile.backend=reference"``.

    Raises:
        ConfigurationError: for a folder that holds no run, or an unknown checkpoint.
    """
    folder = RunFolder.of_run(run)
    if not is_one_of(checkpoint, ("best", "last")):
        raise ConfigurationError(
            f"there is no checkpoint {checkpoint!r:.60}", remedy="choose best or last"
        )
    from genprop.runtime.aware import QuantiseAware

    config = read_config(folder.config, overrides)
    experiment = load_experiment(config)
    simulator, _ = compile_experiment(experiment, config)
    path = folder.best if checkpoint == "best" else folder.last
    snapshot = load_checkpoint(path, simulator, only="parameters")
    if isinstance(simulator, QuantiseAware):
        simulator.take_grid(snapshot.simulator)
    return simulator, experiment


def open_ensemble(
    runs: Sequence[str | Path], checkpoint: str = "best", overrides: Sequence[str] = ()
) -> tuple[Simulator, Experiment]:
    """The networks of ``runs`` as one (:func:`genprop.ensemble`); the experiment of the first.

    Args:
        runs: run folders, whose networks have sources and readout in common.
        checkpoint: ``"best"`` or ``"last"``.
        overrides: changes to the settings of all.

    Raises:
        ConfigurationError: for a folder that holds no run, or an unknown checkpoint.
        GenpropError: for networks that make no ensemble.
    """
    from genprop.runtime.ensemble import ensemble

    opened = [open_run(run, checkpoint, overrides) for run in runs]
    whole = ensemble([cast("Simulator", network) for network, _ in opened])
    return whole, opened[0][1]


def evaluate_ensembles(
    runs: Sequence[str | Path],
    size: int,
    split: str = "test",
    checkpoint: str = "best",
    overrides: Sequence[str] = (),
) -> Iterator[tuple[list[str], Evaluation]]:
    """Evaluate the ensembles of ``size`` runs each, in the order given, on the first's samples.

    Gives the names of the runs (``"sweep/seed=1"``) and the evaluation of each ensemble.

    Raises:
        ConfigurationError: for runs that do not make whole ensembles.
    """
    if size < 1 or not runs or len(runs) % size:
        raise ConfigurationError(
            f"{len(runs)} runs do not make ensembles of {size}",
            remedy="give --size by which the number of runs can be divided",
        )
    for begin in range(0, len(runs), size):
        chosen = [Path(run).expanduser() for run in runs[begin : begin + size]]
        names = [f"{run.absolute().parent.name}/{run.absolute().name}" for run in chosen]
        simulator, experiment = (
            open_run(chosen[0], checkpoint, overrides)
            if size == 1
            else open_ensemble(chosen, checkpoint, overrides)
        )
        yield names, evaluate(simulator, experiment.split(split))
