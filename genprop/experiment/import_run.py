"""Importing a network that was trained by another tool, as a run folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from genprop.experiment.experiment import compile_experiment, described, load_experiment
from genprop.experiment.training import write_settings
from genprop.interchange.mlgenn import LoadedMlGenn, load_mlgenn
from genprop.interchange.nir_parameters import LoadedNir, load_nir_parameters
from genprop.train.checkpoint import Snapshot, write_snapshot
from genprop.train.folder import RunFolder

if TYPE_CHECKING:
    from genprop.experiment.config import Config
    from genprop.runtime.simulator import Simulator

__all__ = ["import_mlgenn", "import_nir"]

Found = TypeVar("Found")


def import_mlgenn(
    config: Config,
    source: str | Path,
    run: str | Path,
    *,
    epoch: int | None = None,
    names: Mapping[str, str] | None = None,
) -> LoadedMlGenn:
    """Make a run folder of a checkpoint of mlGeNN, for ``genprop eval``, ``retarget`` and others.

    Args:
        config: of the train.toml that describes the network.
        source: the folder of the ``.npy`` files.
        run: the run folder, which must not hold a training.
        epoch: see :func:`~genprop.interchange.mlgenn.load_mlgenn`, as the last.
        names: projections by the connection's name in the files.

    Raises:
        ConfigurationError: for a run folder that holds a training.
        DataError: for files that do not fit the network; no folder is made then.
    """
    return _import_into(config, run, lambda sim: load_mlgenn(source, sim, epoch, names=names))


def import_nir(config: Config, source: str | Path, run: str | Path) -> LoadedNir:
    """Make a run folder of a NIR file, likewise.

    Args:
        config: of the train.toml that describes the same network.
        source: the file.
        run: the run folder, which must not hold a training.

    Raises:
        ConfigurationError: for a run folder that holds a training.
        GenpropError: where file and network differ; no folder is made then.
    """
    return _import_into(config, run, lambda sim: load_nir_parameters(source, sim))


def _import_into(config: Config, run: str | Path, read: Callable[[Simulator], Found]) -> Found:
    """The run folder of what ``read`` sets."""
    folder = RunFolder(Path(run).expanduser())
    compiled, _ = compile_experiment(load_experiment(config), config)
    simulator = described(compiled, str(config.network), "which has no projections")
    found = read(simulator)
    folder.prepare(resume=False)
    write_settings(config, folder)
    moment = Snapshot(
        digest=simulator.spec.digest(),
        epoch=1,
        batch=0,
        step=0,
        seed=config.seed,
        grid=(simulator.dt, simulator.duration, simulator.batch),
        simulator=simulator.state(),
    )
    for path in (folder.last, folder.best):
        write_snapshot(path, moment)
    return found
