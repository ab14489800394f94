"""``genprop search``: trainings whose settings Optuna chooses, and the best of them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from genprop.cli._command import Commands, add_command
from genprop.cli._places import PLACES, add_places
from genprop.cli._settings import add_overrides

if TYPE_CHECKING:
    from genprop.experiment.search import Outcome

__all__ = ["add", "run"]

_MORE = """\
FILE.toml says what is searched, by setting:

  [search]
  "options.hidden" = "int 8..256"             an integer, both ends included
  "optimiser.rate" = "log 1e-4..1e-2"         a number, each order of magnitude alike
  "callbacks.clip.norm" = "0.1..10"           a number; "log int 8..256" is there, too
  "optimiser.kind" = ["adam", "rmsprop"]      one of these
  trials = 60               trainings in all
  metric = "valid.loss"     what is best; or "valid.accuracy", and never of the test
  prune = true              stop trainings that are worse than the median at their epoch
  storage = "sqlite:///F"   any URL of Optuna; by default a file in the search's folder

Optuna (extra `search`) chooses by what it has seen. The best trial is that of the validation; the
test is looked at once, with that one. A search that was interrupted or killed goes on with the
same command; with --jobs 1 it ends in the same trials as one that was not. `trials` may grow.
"""


def add(commands: Commands) -> None:
    """Register ``genprop search``."""
    parser = add_command(
        commands,
        "search",
        "let Optuna choose settings by the validation; ends in a table and a page",
        """genprop search FILE.toml                               what [search] says
           genprop search FILE.toml --set search.trials=200      more trials, in the same folder
           genprop search FILE.toml --set 'search."options.hidden"=int 8..64' --run runs/sizes
           genprop search FILE.toml --jobs 32 --on 'slurm://gpu?cores=16&time=2h'""",
        more=f"{_MORE}\n{PLACES}",
    )
    parser.add_argument("file", type=Path, metavar="FILE.toml", help="what to train")
    add_overrides(parser, "change a setting of all trials, or of [search]")
    parser.add_argument("--run", type=Path, help="the folder (default: runs/<name>-search)")
    add_places(parser)


def run(args: argparse.Namespace) -> int:
    """Search, then print the best trials and write the page."""
    from genprop.experiment.config import read_config
    from genprop.experiment.search import run_search, trial_name
    from genprop.report.search_report import write_search_report

    config = read_config(args.file, args.overrides)
    root = args.run or Path("runs") / f"{config.name}-search"
    outcome = run_search(
        args.file, args.overrides, root, jobs=args.jobs, on=args.on, on_trial=_print_line
    )
    print(_table(outcome))
    print(f"best: {root / trial_name(outcome.best.number)}")
    print(f"page: {write_search_report(root)}")
    return 0


def _table(outcome: Outcome) -> str:
    from genprop.report.search_report import best_rows, lead

    head, rows = best_rows(outcome.trials, outcome.metric)
    cells = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
    reported = lead(outcome.trials, outcome.best, outcome.metric, outcome.test)
    return "\n".join([*lines, reported])


def _print_line(line: str) -> None:
    print(line, flush=True)
