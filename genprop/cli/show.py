"""``genprop show``: a stage of the compilation of a network."""

from __future__ import annotations

import argparse

from genprop.cli._command import Commands, add_command
from genprop.cli._experiment import add_network, read_network
from genprop.runtime.show import STAGES, show

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop show``."""
    parser = add_command(
        commands,
        "show",
        "show the description, equations, adjoint, program, source or memory of a network",
        """genprop show experiments/yin_yang/train.toml                    equations, both ways
           genprop show experiments/yin_yang/network.py --stage program    the same in steps
           genprop show NET --stage source | less                          what is compiled
           genprop show NET --stage memory --set compile.batch=256         what it will hold""",
        more="Stages: spec, system, adjoint, program, source, memory. None of them compiles.",
    )
    add_network(parser)
    parser.add_argument("--stage", choices=STAGES, default="adjoint")


def run(args: argparse.Namespace) -> int:
    """Print the stage."""
    net, settings, _ = read_network(args)
    shown = ("loss", "optimiser", "dt", "duration", "batch", "backend", "solver", "clock")
    given = {name: settings[name] for name in shown if name in settings}
    print(show(net, args.stage, **given))
    return 0
