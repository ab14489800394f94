"""``genprop eval``: how good the network of a run is."""

from __future__ import annotations

import argparse
from pathlib import Path

from genprop.cli._command import Commands, add_command

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
    parser.add_argument("folder", type=Path, metavar="RUN", help="a folder of genprop train")
    parser.add_argument("--split", choices=("train", "valid", "test"), default="test")
    parser.add_argument("--checkpoint", choices=("best", "last"), default="best")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="overrides",
        help="change a setting, such as compile.backend=reference; may be repeated",
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate and print."""
    from genprop.train.training import evaluate_run

    print(evaluate_run(args.folder, args.split, args.checkpoint, args.overrides))
    return 0
