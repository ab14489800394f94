"""``genprop data info``: what a data file holds, and what is odd about it."""

from __future__ import annotations

import argparse

from genprop.cli._command import Commands, add_command

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop data info FILE …``."""
    parser = add_command(
        commands,
        "data",
        "say what a data file holds, and what is odd about it",
        """genprop data info shd_train.h5                  samples, classes, events, …
           genprop data info words.h5.gz --channels 64     of another number of channels than SHD's
           genprop data info letters.npz                   Braille letters
           genprop data info seven.wav                     a sound, as from_audio hears it""",
        more="Odd are silent or very busy channels, samples without events, missing or uneven\n"
        "classes, events that come twice, times on a grid, and samples of very different length;\n"
        "of a sound a wave that is silent, faint, at full scale or off zero, or begins or ends so.",
    )
    parser.add_argument("action", choices=("info",))
    parser.add_argument("files", nargs="+", metavar="FILE", help="an .h5, .npz, .pkl or .wav")
    parser.add_argument(
        "--channels", type=int, default=700, metavar="N", help="of an .h5; 700 if left out"
    )


def run(args: argparse.Namespace) -> int:
    """Print what each file holds; gives 0."""
    from genprop.data.info import info

    for file in args.files:
        print(info(file, channels=args.channels))
    return 0
