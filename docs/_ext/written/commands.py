"""The reference of the command, from its parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from genprop.cli import main

__all__ = ["pages"]


def pages(root: Path) -> Iterator[tuple[str, str]]:
    """One page with all commands."""
    parts = [
        "# The command",
        "`genprop COMMAND --help` prints the same. A fault of yours ends a command with status 2 "
        "and a message that says what, where and what to do.",
    ]
    for name in main.command_names():
        parts += _command(name, main._parser([name]))
    yield "commands.md", "\n\n".join(parts) + "\n"


def _command(name: str, whole: argparse.ArgumentParser) -> Iterator[str]:
    (commands,) = (a for a in whole._actions if isinstance(a, argparse._SubParsersAction))
    (parser,) = commands.choices.values()
    (listed,) = commands._choices_actions
    yield f"## genprop {name}"
    yield _sentence(listed.help or "")
    yield from _of_parser(parser)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner, below in action.choices.items():
                yield f"### genprop {name} {inner}"
                yield from _of_parser(below)


def _of_parser(parser: argparse.ArgumentParser) -> Iterator[str]:
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    yield f"```text\n{usage}\n```"
    rows = [
        f"`{', '.join(action.option_strings) or action.metavar or action.dest}`"
        + (f" `{_metavar(action)}`" if action.option_strings and _metavar(action) else "")
        + f"\n: {_sentence(action.help or '')}"
        for action in parser._actions
        if not isinstance(action, (argparse._HelpAction, argparse._SubParsersAction))
    ]
    yield from rows
    if parser.epilog:
        yield f"```text\n{parser.epilog.strip()}\n```"


def _metavar(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.choices is not None and not action.metavar:
        return "{" + ",".join(map(str, action.choices)) + "}"
    found = action.metavar or action.dest.upper()
    return " ".join(found) if isinstance(found, tuple) else found


def _sentence(text: str) -> str:
    text = " ".join(text.replace("%%", "%").split()).replace("<", "&lt;").replace("*", r"\*")
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) or not text else ".")
