"""The network that a command is about: a train.toml, or a network.py with ``build(…)``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genprop.cli._settings import add_overrides
from genprop.errors import ConfigurationError
from genprop.experiment.config import Config, read_config
from genprop.experiment.experiment import Experiment, compile_settings, load_experiment
from genprop.experiment.toml import parse_assignment

if TYPE_CHECKING:
    from genprop.describe.network import Network

__all__ = ["add_network", "read_network"]

_CLOCK: dict[str, object] = {"dt": 1.0, "duration": 100.0}


def add_network(parser: argparse.ArgumentParser) -> None:
    """The arguments NET, --backend and --set."""
    parser.add_argument(
        "net",
        type=Path,
        metavar="NET",
        help="a train.toml, or a network.py (with the train.toml beside it, where there is one)",
    )
    parser.add_argument(
        "--backend",
        metavar="NAME",
        help="the same as --set compile.backend=NAME: native, genn, …",
    )
    add_overrides(parser, "change a setting, such as options.hidden=30 or compile.dt=0.5")


def read_network(args: argparse.Namespace) -> tuple[Network, dict[str, Any], Experiment]:
    """The network, the settings it is compiled with, and the whole experiment.

    A network.py on its own runs for 100 steps of 1 ms unless --set says otherwise.

    Raises:
        ConfigurationError: for files that are no experiment, or one without a network.
    """
    chosen = [f"compile.backend={args.backend}"] if args.backend else []
    config = _config(args.net, [*args.overrides, *chosen])
    experiment = load_experiment(config)
    if experiment.net is None:
        raise ConfigurationError(
            "build() gave a simulator, not a network",
            where=str(config.network),
            remedy="return Experiment(net=…, loss=…, optimiser=…)",
        )
    return experiment.net, compile_settings(experiment, config), experiment


def _config(path: Path, overrides: list[str]) -> Config:
    if path.suffix == ".toml":
        return read_config(path, overrides)
    if path.suffix != ".py":
        raise ConfigurationError(
            f"{path} is neither a train.toml nor a network.py",
            remedy="give a file with build(…), or the train.toml that names it",
        )
    beside = path.parent / "train.toml"
    if beside.is_file() and read_config(beside).network.resolve() == path.resolve():
        return read_config(beside, overrides)
    tables: dict[str, dict[str, object]] = {"options": {}, "compile": dict(_CLOCK)}
    for override in overrides:
        for section, inner in parse_assignment(override).items():
            if section not in tables or not isinstance(inner, dict):
                raise ConfigurationError(
                    f"{section} cannot be set without a train.toml",
                    where=f"--set {override}",
                    remedy="options.NAME=… and compile.NAME=… can",
                )
            tables[section] |= {str(k): v for k, v in inner.items()}
    return Config(path, path.stem, options=tables["options"], compile=tables["compile"])
