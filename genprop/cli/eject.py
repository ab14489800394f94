"""``genprop eject``: a template of genprop's as the user's own."""

from __future__ import annotations

import argparse
from pathlib import Path

from genprop.cli._command import Commands, add_command
from genprop.emit.templates import eject, template_folders, template_names

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop eject``."""
    parser = add_command(
        commands,
        "eject",
        "copy a template of the generated code into a folder of your own, to change it",
        """genprop eject                                   list the templates
           genprop eject native/kernels/update.hpp.j2      a copy in ./templates
           genprop eject native/sample.hpp.j2 -o mine      a copy in ./mine""",
        more="Your copy stands for genprop's where $GENPROP_TEMPLATES names its folder, or\n"
        "[tool.genprop] templates in the pyproject.toml of the working directory does.",
    )
    parser.add_argument("template", nargs="?", metavar="TEMPLATE")
    parser.add_argument("-o", "--output", type=Path, default=Path("templates"), metavar="DIR")


def run(args: argparse.Namespace) -> int:
    """Copy, or list."""
    if args.template is None:
        print("\n".join(template_names()))
        return 0
    print(eject(args.template, args.output))
    if args.output.resolve() not in template_folders():
        print(f'it counts with: export GENPROP_TEMPLATES="{args.output.resolve()}"')
    return 0
