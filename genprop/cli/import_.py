"""``genprop import``: a network that was trained by another tool, as a run folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from genprop.cli._command import Commands, add_command
from genprop.cli._settings import add_overrides

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop import``."""
    parser = add_command(
        commands,
        "import",
        "import a checkpoint of mlGeNN or a NIR file as a run folder, to evaluate or retarget it",
        """genprop import shd.toml shd_checkpoints                the latest epoch, in runs/<name>
           genprop import shd.toml shd_checkpoints --epoch 40     another
           genprop import FILE.toml DIR --connection Conn_Pop0_Pop1=input-\\>hidden
           genprop import shd.toml shd.nir                        what genprop export wrote""",
        more="The train.toml describes the network. A folder holds what mlGeNN writes,\n"
        "<epoch>-Conn_<pre>_<post>-g.npy and -d.npy, delays in steps: use its dt.\n"
        "The nodes of a NIR file are called as the populations are; all its numbers count.\n"
        "To train a network that only the file describes, build() calls gp.load_nir(FILE).",
    )
    parser.add_argument("file", type=Path, metavar="FILE.toml", help="what describes the network")
    parser.add_argument(
        "source", type=Path, metavar="SOURCE", help="the folder of the .npy files, or a .nir file"
    )
    parser.add_argument("--epoch", type=int, help="by default the latest")
    parser.add_argument(
        "--connection",
        action="append",
        default=[],
        metavar="NAME=PROJECTION",
        help="a projection whose connection is not called Conn_<pre>_<post>; may be repeated",
    )
    add_overrides(parser, "change a setting of the train.toml")
    parser.add_argument("--run", type=Path, help="the run folder (default: runs/<name>)")


def run(args: argparse.Namespace) -> int:
    """Read, write, print."""
    from genprop.experiment.config import read_config
    from genprop.experiment.import_run import import_mlgenn, import_nir
    from genprop.train.folder import run_path

    config = read_config(args.file, args.overrides)
    path = args.run or run_path(config.name, resume=False)
    if args.source.suffix == ".nir":
        print(import_nir(config, args.source, path))
    else:
        names = {
            name: projection for name, _, projection in (c.partition("=") for c in args.connection)
        }
        print(import_mlgenn(config, args.source, path, epoch=args.epoch, names=names))
    print(f"run folder: {path}")
    return 0
