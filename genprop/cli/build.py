"""``genprop build``: a network as a folder of generated code, to read, edit and run."""

from __future__ import annotations

import argparse
from pathlib import Path

from genprop.cli._command import Commands, add_command
from genprop.cli._experiment import add_network, read_network

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop build``."""
    parser = add_command(
        commands,
        "build",
        "write the generated code of a network, as a folder that gp.load runs",
        """genprop build experiments/yin_yang/train.toml -o mine            write it
           python -c "import genprop as gp; sim = gp.load('mine')"          compile and run it
           genprop build NET -o mine --set compile.precision=double        in double
           genprop build NET --backend genn -o mine                        as a PyGeNN program""",
        more="Edit the sources as you like: gp.load compiles what stands there.",
    )
    add_network(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")


def run(args: argparse.Namespace) -> int:
    """Compile, write and say where."""
    from genprop.runtime.compile import compile as compile_network
    from genprop.runtime.folder import save

    net, settings, _ = read_network(args)
    place = save(compile_network(net, **settings), args.output)
    for path in sorted(p for p in place.rglob("*") if p.is_file()):
        print(path)
    print(f"run it: sim = gp.load({str(place)!r})")
    if (place / "network.py").is_file():
        print(f"or without genprop: python {place / 'network.py'} --help")
    return 0
