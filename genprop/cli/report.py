"""``genprop report``: one page that shows a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from genprop.cli._command import Commands, add_command
from genprop.cli._run import add_run

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop report``."""
    parser = add_command(
        commands,
        "report",
        "write one self-contained HTML page that shows a run",
        """genprop report runs/yin_yang                      writes runs/yin_yang/report.html
           genprop report runs/yin_yang --samples 0 17 23    draw these samples
           genprop report runs/yin_yang -o page.html         write another file""",
        more="Learning curves, samples with the network's activity, parameters before and after,\n"
        "confusion, silent neurons, equations, speed, configuration and environment. The page\n"
        "needs no server, no network and no scripts.",
    )
    add_run(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: RUN/report.html"
    )


def run(args: argparse.Namespace) -> int:
    """Write the page and say where."""
    from genprop.train.report import write_report

    print(write_report(args.folder, args.split, args.samples, args.overrides, args.output))
    return 0
