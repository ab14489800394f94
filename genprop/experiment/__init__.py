"""Experiments: train.toml and network.py, their training in a run folder, sweeps of them."""

from genprop.experiment.callbacks import CALLBACKS
from genprop.experiment.config import Config, read_config
from genprop.experiment.experiment import Experiment, load_experiment
from genprop.experiment.gather import gather, markdown
from genprop.experiment.trained import evaluate_run, open_ensemble, open_run
from genprop.experiment.training import train_run

__all__ = [
    "CALLBACKS",
    "Config",
    "Experiment",
    "evaluate_run",
    "gather",
    "load_experiment",
    "markdown",
    "open_ensemble",
    "open_run",
    "read_config",
    "train_run",
]
