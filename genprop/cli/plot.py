"""``genprop plot``: the figures of a run for a paper."""

from __future__ import annotations

import argparse
from pathlib import Path

from genprop.cli._command import Commands, add_command
from genprop.cli._run import add_run

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop plot``."""
    parser = add_command(
        commands,
        "plot",
        "write the figures of a run as SVG and PDF, for papers",
        """genprop plot runs/yin_yang -o figures                   SVG and PDF of each figure
           genprop plot runs/yin_yang -o figures --format pdf      PDF alone
           genprop plot runs/yin_yang -o figures --samples 0 17    draw these samples""",
        more="The figures of genprop report, drawn by matplotlib: pip install 'genprop[plot]'.",
    )
    add_run(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--format", nargs="+", choices=("svg", "pdf"), default=["svg", "pdf"], dest="formats"
    )


def run(args: argparse.Namespace) -> int:
    """Draw, write and say where."""
    from genprop.report.figures.paper import draw_run

    settings = (args.split, args.samples, args.overrides)
    for path in draw_run(args.folder, args.output, args.formats, *settings):
        print(path)
    return 0
