"""``genprop eval``: evaluate the network of a run, or those of several runs as one."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import mean, stdev

from genprop.cli._command import Commands, add_command
from genprop.cli._run import add_trained

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop eval``."""
    parser = add_command(
        commands,
        "eval",
        "evaluate the network of a run: accuracy, loss, confusion, spikes, silent neurons",
        """genprop eval runs/yin_yang                     best parameters, test samples
           genprop eval runs/yin_yang --split valid       samples of the validation
           genprop eval runs/yin_yang --checkpoint last   parameters of the last epoch
           genprop eval runs/sweep/seed=1 runs/sweep/seed=2     both side by side, as one network
           genprop eval runs/sweep/seed=? --size 3 --keep FILE  three at a time; mean and spread""",
    )
    add_trained(parser, several=True)
    parser.add_argument(
        "--size",
        type=int,
        metavar="K",
        help="of several runs: how many make one network (default: all); samples are those of "
        "the first, so --split valid may be what others learned from",
    )
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the numbers here, as JSON")


def run(args: argparse.Namespace) -> int:
    """Evaluate and print."""
    from genprop.experiment.trained import evaluate_ensembles
    from genprop.train.files import write_atomically

    size = len(args.folders) if args.size is None else args.size
    options = (args.split, args.checkpoint, args.overrides)
    cases: list[dict[str, object]] = []
    accuracies: list[float] = []
    for names, found in evaluate_ensembles(args.folders, size, *options):
        if len(args.folders) > 1:
            print(*names)
        print(found, flush=True)
        cases.append({"runs": names, **found.summary()})
        accuracies += [] if found.accuracy is None else [found.accuracy]
    result: dict[str, object] = {"n": len(cases), "cases": cases}
    if len(accuracies) > 1:
        centre, spread = mean(accuracies), stdev(accuracies)
        print(f"accuracy {centre:.2%} ± {spread:.2%} (n = {len(accuracies)})")
        result = {"mean": centre, "sd": spread, **result}
    if args.keep:
        write_atomically(args.keep, (json.dumps(result, indent=1) + "\n").encode())
    return 0
