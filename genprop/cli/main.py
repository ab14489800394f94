"""The command ``genprop``: finds its commands by listing this folder, and prints errors clearly.

A command is one module here: ``add(commands)`` registers it under the name of its file, and
``run(args)`` does it and gives the exit status. Files that begin with an
underscore are none; one that Python would take for a keyword ends with one.
"""

from __future__ import annotations

import argparse
import importlib
import io
import keyword
import os
import pkgutil
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType

from genprop import cli
from genprop._ranks import leave_it_to_the_first, started
from genprop._version import __version__
from genprop._writing import NO_ROOM
from genprop.errors import ConfigurationError, GenpropError, InternalError, did_you_mean

__all__ = ["command_names", "main"]

_RENAMED = {"adopt": "import"}
"""Commands by their names of before."""
_EPILOG = """\
begin here:
  genprop doctor                                    is everything there that genprop needs?
  genprop models                                    the neurons, synapses and optimisers it knows
  genprop train experiments/yin_yang/train.toml     train a first network

`genprop COMMAND --help` shows the options of a command, with examples.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; gives the exit status: 0, or 2 for a fault on the user's side."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):  # what a terminal cannot show is no reason to stop
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if argv and argv[0] in _RENAMED:
        _show_warning(f"genprop {argv[0]} is now called genprop {_RENAMED[argv[0]]}")
        argv[0] = _RENAMED[argv[0]]
    try:
        args = _parser(argv).parse_args(argv)
        if args.command is None:
            _parser([]).print_help()
            return 0
        with warnings.catch_warnings():
            warnings.filterwarnings("default", category=DeprecationWarning, module="genprop")
            warnings.showwarning = _show_warning
            status = int(_module(args.command).run(args) or 0)
            sys.stdout.flush()
            return status
    except GenpropError as error:
        leave_it_to_the_first()
        _print_error(str(error))
        started().end_all(2)
        return 2
    except InternalError:
        _print_error("this is a fault of genprop, not yours: please report it with the lines below")
        raise
    except KeyboardInterrupt:
        if started().first:
            _print_error("interrupted")
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        _silence_stdout()
        return 0
    except OSError as error:  # of the output itself, which no room of genprop writes
        if error.errno not in NO_ROOM:
            raise
        _silence_stdout()
        _print_error(f"the output cannot be written ({error.strerror})\n  → make room there")
        return 2


def _silence_stdout() -> None:
    """Nothing more is written there, not even when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def command_names() -> list[str]:
    """Every command, as it is typed, in alphabetical order."""
    found = (module.name for module in pkgutil.iter_modules(cli.__path__))
    typed = (n.removesuffix("_").replace("_", "-") for n in found if not n.startswith("_"))
    return sorted(name for name in typed if name != "main")


def _module(command: str) -> ModuleType:
    name = command.replace("-", "_") + "_" * keyword.iskeyword(command)
    return importlib.import_module(f"genprop.cli.{name}")


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


def _print_error(message: str) -> None:
    _print_to_stderr("error: ", "bold red", message)


def _show_warning(message: Warning | str, *_: object) -> None:
    """What ``warnings.showwarning`` is while a command runs: no file and line, which are ours."""
    _print_to_stderr("warning: ", "yellow", str(message))


def _print_to_stderr(label: str, style: str, message: str) -> None:
    """One message to the terminal's error stream, in colour where that has any."""
    from rich.console import Console
    from rich.text import Text

    text = Text.assemble((label, style), message)
    Console(stderr=True, highlight=False, soft_wrap=True).print(text)
