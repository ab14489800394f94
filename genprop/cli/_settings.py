"""The argument --set, wherever settings of a train.toml may be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

__all__ = ["add_overrides"]


def add_overrides(parser: argparse.ArgumentParser, help: str) -> None:
    """The argument --set KEY=VALUE, as ``overrides``.

    Args:
        parser: of the command.
        help: what it changes, with an example.
    """
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="overrides",
        help=f"{help}; may be repeated",
    )
