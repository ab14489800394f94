"""The command ``genprop``: finds its commands by listing this folder, and tells errors clearly.

A command is one module here: ``add(commands)`` registers it under the name of its file, and
``run(args)`` does it and gives the exit status. Files that begin with an underscore are none.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType

from genprop import cli
from genprop._version import __version__
from genprop.errors import ConfigurationError, GenpropError, InternalError, did_you_mean

__all__ = ["command_names", "main"]

_EPILOG = """\
begin here:
  genprop doctor                                    is everything there that genprop needs?
  genprop models                                    the neurons, synapses and optimisers it knows
  genprop train experiments/yin_yang/train.toml     watch a network learn

`genprop COMMAND --help` shows the options of a command, with examples.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; gives the exit status: 0, or 2 for a fault on the user's side."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    try:
        args = _parser(argv).parse_args(argv)
        if args.command is None:
            _parser([]).print_help()
            return 0
        return int(_module(args.command).run(args) or 0)
    except GenpropError as error:
        _tell(str(error))
        return 2
    except InternalError:
        _tell("this is a fault of genprop, not yours: please report it with the lines below")
        raise
    except KeyboardInterrupt:
        _tell("interrupted")
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def command_names() -> list[str]:
    """Every command, as it is typed, in alphabetical order."""
    found = (module.name for module in pkgutil.iter_modules(cli.__path__))
    return sorted(n.replace("_", "-") for n in found if n != "main" and not n.startswith("_"))


def _module(command: str) -> ModuleType:
    return importlib.import_module(f"genprop.cli.{command.replace('-', '_')}")


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of ``argv``: with its one command where that is known at once, else with all."""
    parser = argparse.ArgumentParser(
        prog="genprop",
        description="Describe a spiking network; genprop derives its exact gradient, generates "
        "the code, trains it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"genprop {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    names = command_names()
    if argv and not argv[0].startswith("-"):
        if argv[0] not in names:
            raise ConfigurationError(
                f"there is no command {argv[0]!r}",
                where=f"genprop {' '.join(argv)}",
                remedy=did_you_mean(argv[0], names),
            )
        names = [argv[0]]
    for name in names:
        _module(name).add(commands)
    return parser


def _tell(message: str) -> None:
    """One error to the terminal's error stream, in colour where that has any."""
    from rich.console import Console
    from rich.text import Text

    text = Text.assemble(("error: ", "bold red"), message)
    Console(stderr=True, highlight=False, soft_wrap=True).print(text)
