"""Common to all commands: how one registers, and its help with examples."""

from __future__ import annotations

import argparse
from typing import Any, Protocol

__all__ = ["Commands", "add_command"]


class Commands(Protocol):
    """Where commands register; what ``ArgumentParser.add_subparsers`` gives."""

    def add_parser(self, name: str, **kwargs: Any) -> argparse.ArgumentParser: ...


def add_command(
    commands: Commands, name: str, what: str, examples: str, *, more: str = ""
) -> argparse.ArgumentParser:
    """Register the command ``name``.

    Args:
        commands: where.
        name: as it is typed.
        what: one line that says what it does, in the imperative.
        examples: command lines, each with what it does, one per line.
        more: what there is to know beyond that line.
    """
    listing = "\n".join(f"  {line.strip()}" for line in examples.strip().splitlines())
    return commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.\n\n{more}".strip(),
        epilog=f"examples:\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
