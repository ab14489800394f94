"""The run that a command is about, with which parameters, and which of its samples."""

from __future__ import annotations

import argparse
from pathlib import Path

from genprop.cli._settings import add_overrides

__all__ = ["add_run", "add_samples", "add_trained"]

_FOLDER = "a folder of genprop train"
_SPLITS = ("train", "valid", "test")
_CHANGE = "change a setting, such as compile.backend=reference"


def add_run(parser: argparse.ArgumentParser) -> None:
    """The arguments RUN, --split, --samples and --set, for what shows a run."""
    _add_folder(parser)
    parser.add_argument(
        "--split",
        choices=_SPLITS,
        default="",
        help="which samples are run again (default: test, else valid, else train)",
    )
    add_samples(parser)
    add_overrides(parser, _CHANGE)


def add_trained(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """RUN (or several), --split, --checkpoint and --set, for what uses a run's network."""
    if several:
        parser.add_argument("folders", type=Path, nargs="+", metavar="RUN", help=_FOLDER)
    else:
        _add_folder(parser)
    parser.add_argument(
        "--split", choices=_SPLITS, default="test", help="which samples it is shown"
    )
    parser.add_argument(
        "--checkpoint",
        choices=("best", "last"),
        default="best",
        help="parameters of the best epoch, or of the last",
    )
    add_overrides(parser, _CHANGE)


def add_samples(parser: argparse.ArgumentParser) -> None:
    """The argument --samples."""
    parser.add_argument(
        "--samples",
        type=int,
        nargs="+",
        default=[],
        metavar="N",
        help="which samples are drawn, by number from 0",
    )


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="RUN", help=_FOLDER)
