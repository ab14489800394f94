"""``genprop eval``: evaluate the network of a run."""

from __future__ import annotations

import argparse

from genprop.cli._command import Commands, add_command
from genprop.cli._run import add_trained

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop eval``."""
    parser = add_command(
        commands,
        "eval",
        "evaluate the network of a run: accuracy, loss, confusion, spikes, silent neurons",
        """genprop eval runs/yin_yang                     best parameters, test samples
           genprop eval runs/yin_yang --split valid       samples of the validation
           genprop eval runs/yin_yang --checkpoint last   parameters of the last epoch""",
    )
    add_trained(parser)


def run(args: argparse.Namespace) -> int:
    """Evaluate and print."""
    from genprop.experiment.training import evaluate_run

    print(evaluate_run(args.folder, args.split, args.checkpoint, args.overrides))
    return 0
