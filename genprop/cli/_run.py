"""The run that a command shows, and which of its samples."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_run"]


def add_run(parser: argparse.ArgumentParser) -> None:
    """The arguments RUN, --split, --samples and --set."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="a folder of genprop train")
    parser.add_argument(
        "--split",
        choices=("train", "valid", "test"),
        default="",
        help="which samples are run again (default: test, else valid, else train)",
    )
    parser.add_argument(
        "--samples",
        type=int,
        nargs="+",
        default=[],
        metavar="N",
        help="which of them are drawn, by number from 0",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="overrides",
        help="change a setting, such as compile.backend=reference; may be repeated",
    )
