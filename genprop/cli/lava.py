"""``genprop lava``: the simulator of Loihi 2, in a Python 3.10 of its own."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from genprop.cli._command import Commands, add_command

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop lava [setup]``."""
    parser = add_command(
        commands,
        "lava",
        "show which interpreter imports lava, or make an environment for it",
        """genprop lava                            which interpreter is used
           genprop lava setup                      an environment in the cache folder
           genprop lava setup lava310              one in a folder of your own
           genprop lava setup --python PATH        with this Python 3.10""",
        more="chip.run_lava and the comparison with live Lava need it; the emulator does not.\n"
        "lava-nc 0.10 runs on Python 3.10 alone. pip installs it through the index it is\n"
        "configured for. What cannot be finished is removed again.",
    )
    parser.add_argument("action", nargs="?", choices=("show", "setup"), default="show")
    parser.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR", help="default: in the cache folder"
    )
    parser.add_argument("--python", metavar="PATH", help="the Python 3.10 to make it with")


def run(args: argparse.Namespace) -> int:
    """Show, or set up and say what was done."""
    from genprop.backends.loihi.files.lava_python import lava_folder, lava_python
    from genprop.backends.loihi.files.lava_setup import set_up_lava

    if args.action == "show":
        print(lava_python())
        return 0
    python = set_up_lava(args.folder, python=args.python, show=lambda line: print(line, flush=True))
    print(f"ready: {python}")
    named = os.environ.get("GENPROP_LAVA_PYTHON", "")
    if named and named != str(python):
        print(f"GENPROP_LAVA_PYTHON={named} is set and goes first: unset it to use this one")
    elif not named and python.parent.parent != lava_folder().absolute():
        print(f"it is found with: export GENPROP_LAVA_PYTHON={python}")
    return 0
