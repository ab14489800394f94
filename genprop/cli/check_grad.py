"""``genprop check-grad``: are the gradients of a network right?"""

from __future__ import annotations

import argparse

from genprop.cli._command import Commands, add_command
from genprop.cli._experiment import add_network, read_network
from genprop.errors import ConfigurationError

__all__ = ["add", "run"]

_CANDIDATES = 8  # samples that are run for each that is compared


def add(commands: Commands) -> None:
    """Register ``genprop check-grad``."""
    parser = add_command(
        commands,
        "check-grad",
        "compare the derived gradients of a network with independent measures",
        """genprop check-grad experiments/yin_yang/train.toml            on its own clock and data
           genprop check-grad NET --samples 10 --seed 3                  more quotients, other draws
           genprop check-grad NET --random --set compile.dt=0.1          random spikes, own dt""",
        more="Linear networks are solved exactly, event by event; others are compared with\n"
        "difference quotients at a small step. Keep networks small and trials short.\n"
        "✓ agree (status 0), ✗ wrong (status 1), ? the code could not be compared\n"
        "because spikes differ in number (status 1).",
    )
    add_network(parser)
    parser.add_argument("--samples", type=int, default=3, help="quotients per parameter")
    parser.add_argument(
        "--trials", type=int, default=2, help="how many training samples are compared"
    )
    parser.add_argument("--seed", type=int, default=0, help="of parameters and what is compared")
    parser.add_argument("--fine", type=float, metavar="MS", help="the fine step (default: 0.01)")
    parser.add_argument("--random", action="store_true", help="random spikes, no training data")


def run(args: argparse.Namespace) -> int:
    """Print the report; 0 where the gradients agree."""
    from genprop.runtime.gradcheck import check_gradients

    net, settings, experiment = read_network(args)
    if experiment.loss is None:
        raise ConfigurationError(
            "the experiment has no loss, so there is no gradient",
            where=str(args.net),
            remedy="return Experiment(loss=gp.CrossEntropy(…), …) from build()",
        )
    batch = None
    if not args.random:
        batch = next(iter(experiment.train.batches(_CANDIDATES * args.trials, args.seed)))
    report = check_gradients(
        net,
        loss=experiment.loss,
        dt=settings["dt"],
        duration=settings["duration"],
        batch=batch,
        samples=args.samples,
        seed=args.seed,
        fine=args.fine,
        trials=args.trials,
    )
    print(report)
    return 0 if report.passed else 1
