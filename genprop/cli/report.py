"""``genprop report``: one page that shows a run, or a whole sweep or search."""

from __future__ import annotations

import argparse
from pathlib import Path

from genprop.cli._command import Commands, add_command
from genprop.cli._run import add_run
from genprop.errors import ConfigurationError

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop report``."""
    parser = add_command(
        commands,
        "report",
        "write one self-contained HTML page that shows a run, a sweep or a search",
        """genprop report runs/yin_yang                      writes runs/yin_yang/report.html
           genprop report runs/yin_yang --samples 0 17 23    draw these samples
           genprop report runs/yin_yang -o page.html         write another file
           genprop report runs/yin_yang-sweep                all trainings of a sweep
           genprop report runs/yin_yang-search               all trials of a search""",
        more="Learning curves, samples with the network's activity, parameters before and after,\n"
        "confusion, silent neurons, equations, speed, configuration and environment. The page\n"
        "needs no server, no network and no scripts. Its charts are drawn by matplotlib:\n"
        "pip install 'genprop[plot]'; without it the page has its numbers and tables.",
    )
    add_run(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: RUN/report.html"
    )


def run(args: argparse.Namespace) -> int:
    """Write the page and say where."""
    from genprop.report.run_report import write_report
    from genprop.report.search_report import is_search, write_search_report
    from genprop.report.sweep_report import is_sweep, write_sweep_report

    if is_sweep(args.folder) or is_search(args.folder):
        if args.split or args.samples or args.overrides:
            raise ConfigurationError(
                "--split, --samples and --set are for the report of one run",
                where=str(args.folder),
                remedy="name the folder of one of its trainings",
            )
        write = write_sweep_report if is_sweep(args.folder) else write_search_report
        print(write(args.folder, args.output))
        return 0
    print(write_report(args.folder, args.split, args.samples, args.overrides, args.output))
    return 0
