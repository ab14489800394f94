"""An experiment whose trainings several ranks run together."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from genprop.data.dataset import Dataset
from genprop.data.distributed import DistributedDataset
from genprop.errors import UnsupportedError
from genprop.experiment.experiment import compile_experiment, load_experiment
from genprop.runtime.distributed import distributed
from genprop.runtime.simulator import Simulator

if TYPE_CHECKING:
    from genprop._ranks import Ranks
    from genprop.experiment.config import Config
    from genprop.experiment.experiment import Experiment
    from genprop.train.callbacks import Callback
    from genprop.train.surface import Trainable

__all__ = ["compiled", "refuse_other_settings"]


def refuse_other_settings(ranks: Ranks, config: Config) -> None:
    """Refuse ranks that were given other settings, or have another network.py.

    Raises:
        ConfigurationError: naming the ranks.
    """
    if ranks.size > 1:
        code = config.code.read_bytes() if config.code.is_file() else b""
        facts = {"train.toml": config.toml(), config.code.name: hashlib.sha256(code).hexdigest()}
        ranks.refuse_differences(facts, "give all ranks the same files and settings")


def compiled(
    ranks: Ranks, config: Config, threads: int | None
) -> tuple[Experiment, Trainable, list[Callback]]:
    """An experiment, its simulator and all callbacks; of several ranks, each with its data.

    The ranks of one computer call ``build`` one after another: of what it reads each keeps its
    part of the samples alone.

    Raises:
        UnsupportedError: for several ranks, and a simulator or backend that cannot be divided.
    """
    if ranks.size == 1:
        experiment = load_experiment(config)
        return experiment, *compile_experiment(experiment, config, threads)
    experiment = ranks.in_turn(lambda: _part_of(load_experiment(config), ranks))
    simulator, callbacks = compile_experiment(experiment, config, threads or _threads(ranks))
    if not isinstance(simulator, Simulator):
        raise UnsupportedError(
            "build() gave a simulator of its own, which ranks cannot divide",
            where=str(config.network),
            remedy="return Experiment(net=…, loss=…, optimiser=…), or train in one process",
        )
    return experiment, distributed(simulator, ranks), callbacks


def _part_of(experiment: Experiment, ranks: Ranks) -> Experiment:
    found = {name: getattr(experiment, name) for name in ("train", "valid", "test")}
    parts = {
        name: DistributedDataset(data, ranks.rank, ranks.size)
        for name, data in found.items()
        if isinstance(data, Dataset)
    }
    return replace(experiment, **parts)


def _threads(ranks: Ranks) -> int | None:
    """Cores for each rank of this computer, where nobody has bound ranks to cores."""
    names = ranks.gather(os.uname().nodename if hasattr(os, "uname") else "")
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) < cores:
        return None
    return max(1, cores // names.count(names[ranks.rank]))
