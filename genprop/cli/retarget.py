"""``genprop retarget``: the network of a run, quantised for Loihi 2."""

from __future__ import annotations

import argparse
from pathlib import Path

from genprop.cli._command import Commands, add_command
from genprop.cli._run import add_samples, add_trained

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop retarget``."""
    parser = add_command(
        commands,
        "retarget",
        "quantise the network of a run for Loihi 2: errors, resources, agreement with float",
        """genprop retarget runs/digits               8 bits, calibrated on the training set
           genprop retarget runs/digits --bits 4      fewer bits
           genprop retarget runs/digits --exponents   finer steps where a projection is weak
           genprop retarget runs/digits -o chip       writes chip/program.py, chip/network.net
           genprop retarget runs/digits --report      writes runs/digits/loihi.html""",
    )
    add_trained(parser)
    parser.add_argument("--bits", type=int, help="of weights, 2 to 8 (default: as learned, else 8)")
    parser.add_argument("--scale", help="calibrated (the default), max, percentile, …")
    parser.add_argument("--rounding", help="calibrated (the default), nearest, stochastic")
    parser.add_argument(
        "--exponents",
        action="store_true",
        help="a weight exponent for each projection; network.net has no place for them",
    )
    parser.add_argument(
        "--clip-delays", action="store_true", help="clip delays beyond 62 steps, not refuse them"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="write a Lava program and network.net"
    )
    parser.add_argument(
        "--report", action="store_true", help="write one HTML page that shows it: RUN/loihi.html"
    )
    add_samples(parser)


def run(args: argparse.Namespace) -> int:
    """Retarget, print, write."""
    from genprop.experiment.deploy import retarget_run

    found = retarget_run(
        args.folder,
        split=args.split,
        checkpoint=args.checkpoint,
        overrides=args.overrides,
        weight_bits=args.bits,
        scale=args.scale,
        rounding=args.rounding,
        exponents=args.exponents,
        clip_delays=args.clip_delays,
    )
    print(found)
    if args.output is not None:
        print(found.chip.write_lava(args.output))
        if not args.exponents:
            found.chip.save(args.output / "network.net")
            print(args.output / "network.net")
    if args.report:
        from genprop.report.chip_report import write_chip_report

        print(write_chip_report(found, args.samples))
    return 0
