"""``genprop adopt``: parameters that mlGeNN trained, as a run of genprop."""

from __future__ import annotations

import argparse
from pathlib import Path

from genprop.cli._command import Commands, add_command

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop adopt``."""
    parser = add_command(
        commands,
        "adopt",
        "make a run folder of a checkpoint of mlGeNN, to evaluate, retarget or show it",
        """genprop adopt shd.toml shd_checkpoints                the latest epoch, in runs/<name>
           genprop adopt shd.toml shd_checkpoints --epoch 40     another
           genprop adopt FILE.toml DIR --connection Conn_Pop0_Pop1=input-\\>hidden""",
        more="The train.toml describes the network; DIR holds <epoch>-Conn_<pre>_<post>-g.npy\n"
        "and -d.npy as mlGeNN writes them. Delays are counted in steps there: use its dt.",
    )
    parser.add_argument("file", type=Path, metavar="FILE.toml", help="what describes the network")
    parser.add_argument("source", type=Path, metavar="DIR", help="where the .npy files are")
    parser.add_argument("--epoch", type=int, help="by default the latest")
    parser.add_argument(
        "--connection",
        action="append",
        default=[],
        metavar="NAME=PROJECTION",
        help="a projection whose connection is not called Conn_<pre>_<post>; may be repeated",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="overrides",
        help="change a setting of the train.toml; may be repeated",
    )
    parser.add_argument("--run", type=Path, help="the run folder (default: runs/<name>)")


def run(args: argparse.Namespace) -> int:
    """Read, write, print."""
    from genprop.train.adopt import adopt_mlgenn
    from genprop.train.config import read_config
    from genprop.train.folder import run_path

    config = read_config(args.file, args.overrides)
    path = args.run or run_path(config.name, resume=False)
    names = {
        name: projection for name, _, projection in (c.partition("=") for c in args.connection)
    }
    print(adopt_mlgenn(config, args.source, path, epoch=args.epoch, names=names))
    print(f"run folder: {path}")
    return 0
