"""``genprop sweep``: many trainings side by side, and one table."""

from __future__ import annotations

import argparse
from pathlib import Path

from genprop.cli._command import Commands, add_command
from genprop.cli._places import PLACES, add_places

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop sweep``."""
    parser = add_command(
        commands,
        "sweep",
        "train every combination of settings on all cores; ends in one table: mean ± sd, n",
        """genprop sweep FILE.toml --set seed=0..7                         eight seeds
           genprop sweep FILE.toml --set seed=0..2 --set options.size=9,18  a grid
           genprop sweep FILE.toml --set seed=0..99 --jobs 32 --on 'slurm://gpu?cores=16&time=2h'""",
        more="Every case has a run folder below the sweep's. Finished cases are not done again,\n"
        "begun ones go on where they stopped: give the same command after an interruption.\n\n"
        + PLACES,
    )
    parser.add_argument("file", type=Path, metavar="FILE.toml", help="what to train")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUES",
        dest="settings",
        help="a range 0..7, a list 16,32 or one value for all; may be repeated",
    )
    parser.add_argument("--run", type=Path, help="the folder (default: runs/<name>-sweep)")
    parser.add_argument("--keep", type=Path, help="write table and cases here too, as JSON")
    add_places(parser)


def run(args: argparse.Namespace) -> int:
    """Train, then print the table."""
    from genprop.experiment.config import read_config
    from genprop.experiment.sweep import run_sweep, sweep_table

    root = args.run or Path("runs") / f"{read_config(args.file).name}-sweep"
    rows = run_sweep(
        args.file, args.settings, root,
        jobs=args.jobs, on=args.on, on_case=_print_line, keep=args.keep,
    )  # fmt: skip
    print(sweep_table(rows))
    print(f"sweep folder: {root}")
    return 0


def _print_line(line: str) -> None:
    print(line, flush=True)
