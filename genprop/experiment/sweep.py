"""Many trainings of one train.toml, side by side, and one table of what came out.

Each case is a process of one thread with a run folder of its own. What is finished is not done
again, what was begun goes on where it stopped: a sweep that was killed ends, when it is run
again, in the same table.
"""

from __future__ import annotations

import itertools
import math
import re
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path

from genprop.errors import ConfigurationError, TrainingError
from genprop.experiment.config import read_config
from genprop.experiment.places import opened
from genprop.experiment.pools import fault_of, task_of
from genprop.experiment.training import finished_result
from genprop.train.files import read_table
from genprop.train.folder import RunFolder

__all__ = ["Case", "Row", "cases_of", "run_sweep", "shown_cell", "sweep_table"]

_MOST_VALUES = 100_000
_LIKE_A_RANGE = re.compile(r"\s*(-?[\w.]*\w\.\.-?[\w.]*|\.\.\w[\w.]*)\s*")
"""``0..x``, ``0.1..0.5``, ``..5``; no path such as ``..`` or ``../data``."""


@dataclass(frozen=True, slots=True)
class Case:
    """One training of a sweep: the settings that vary, ``(key, value)`` each, and its folder."""

    varied: tuple[tuple[str, str], ...]
    folder: RunFolder

    @property
    def name(self) -> str:
        """Such as ``"seed=0,options.hidden=32"``."""
        return ",".join(f"{key}={value}" for key, value in self.varied)

    @property
    def group(self) -> str:
        """The name without the seed: what mean and deviation are taken over."""
        return ",".join(f"{key}={value}" for key, value in self.varied if key != "seed")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a metric's mean, standard deviation and number of runs in a group.

    The deviation is that of a sample (n − 1); NaN for a single run.
    """

    group: str
    metric: str
    mean: float
    deviation: float
    n: int


def cases_of(settings: Sequence[str], root: Path) -> tuple[list[Case], list[str]]:
    """All combinations of the settings that vary, and the settings that do not.

    ``"seed=0..7"`` varies over integers, both ends included; ``"options.hidden=16,32"`` over a
    list; anything else is set alike in all cases.

    Raises:
        ConfigurationError: for an empty range, or settings of which none varies.
    """
    varied: list[list[tuple[str, str]]] = []
    fixed: list[str] = []
    for setting in settings:
        key, _, text = setting.partition("=")
        values = _values(text, setting)
        if len(values) == 1:
            fixed.append(setting)
        else:
            varied.append([(key.strip(), value) for value in values])
    if not varied:
        raise ConfigurationError(
            "nothing varies in this sweep", remedy="give a range or a list: --set seed=0..7"
        )
    combined = [tuple(c) for c in itertools.product(*varied)]
    named = [Case(c, RunFolder(root / _folder_name(c))) for c in combined]
    return named, fixed


def run_sweep(
    file: Path,
    settings: Sequence[str],
    root: Path,
    *,
    jobs: int | None = None,
    on: str = "here",
    on_case: Callable[[str], None] = print,
    keep: Path | None = None,
) -> list[Row]:
    """Train every case that is not finished, ``jobs`` at a time, and give the table.

    Table, cases and environment are also written to ``root/sweep.json``.

    Args:
        file: the train.toml.
        settings: see :func:`cases_of`.
        root: the folder of the cases' run folders.
        jobs: processes at a time; by default as many as there are cores.
        on: where they run, see :func:`~genprop.experiment.places.opened`.
        on_case: is called with a line for each case that ends.
        keep: another file for what ``sweep.json`` holds, such as an experiment's ``results.json``.

    Raises:
        ConfigurationError: for settings that do not fit.
        TrainingError: when cases failed; the others are finished nevertheless.
    """
    cases, fixed = cases_of(settings, root)
    configs = {case: read_config(file, _overrides(case, fixed)) for case in cases}
    missing = [c for c in cases if finished_result(configs[c], c.folder) is None]
    done = itertools.count(len(cases) - len(missing) + 1)
    faults: dict[Case, str] = {}
    with opened(on, configs[cases[0]].cluster, jobs) as pool:
        running = {
            pool.submit(task_of(file, _overrides(case, fixed), case.folder.path)): case
            for case in missing
        }
        for future in as_completed(running):
            case, fault = running[future], fault_of(future)
            faults[case], result = fault, "failed" if fault else "finished"
            on_case(f"{next(done)}/{len(cases)}  {case.name}  {result}")
    failed = [f"{case.name}: {faults[case]}" for case in missing if faults[case]]
    if failed:
        raise TrainingError(
            f"{len(failed)} of {len(cases)} trainings failed:\n    " + "\n    ".join(failed),
            where=str(root),
            remedy="correct what is reported there (log.txt in their folders has more); then the "
            "same command continues with what is missing",
        )
    rows = list(_rows(cases))
    summary = {
        "file": str(file),
        "settings": list(settings),
        "table": [_row_fields(r) for r in rows],
        "cases": [_case(c) for c in cases],
        "environment": _environment(cases[0]),
    }
    for path in [root / "sweep.json", *([] if keep is None else [keep])]:
        RunFolder(root).write_json(path, summary)
    return rows


def sweep_table(rows: Sequence[Row]) -> str:
    """The rows as a table: mean ± standard deviation and n, a line per group."""
    metrics = list(dict.fromkeys(row.metric for row in rows))
    groups = list(dict.fromkeys(row.group for row in rows))
    cells = [["", *metrics, "n"]]
    by_place = {(row.group, row.metric): row for row in rows}
    for group in groups:
        found = [by_place.get((group, metric)) for metric in metrics]
        count = max(row.n for row in found if row is not None)
        cells.append([group or "all", *(shown_cell(row) for row in found), str(count)])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0])]
            + [c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True)]
        )
        for line in cells
    )


def _rows(cases: Sequence[Case]) -> Iterator[Row]:
    """Mean and deviation of every number that all results of a group hold, group by group."""
    groups: dict[str, list[dict[str, float]]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(_numbers(case.folder.read_result()))
    for group, found in groups.items():
        for metric in found[0]:
            values = [numbers[metric] for numbers in found if metric in numbers]
            deviation = statistics.stdev(values) if len(values) > 1 else math.nan
            yield Row(group, metric, statistics.fmean(values), deviation, len(values))


def _numbers(result: Mapping[str, object]) -> dict[str, float]:
    """What is compared: accuracy and loss of the test and, at the best epoch, the validation."""
    found: dict[str, float] = {}
    metrics, test = result.get("metrics"), result.get("test")
    if isinstance(test, Mapping):
        found |= {f"test.{n}": float(test[n]) for n in ("accuracy", "loss") if n in test}
    if isinstance(metrics, Mapping):
        names = ("valid.accuracy", "valid.loss", "train.accuracy", "train.loss")
        found |= {n: float(metrics[n]) for n in names if n in metrics}
    if "best_epoch" in result:
        found["best_epoch"] = float(str(result["best_epoch"]))
    return found


def _case(case: Case) -> dict[str, object]:
    """One training's settings and numbers."""
    result = case.folder.read_result()
    facts = {name: result[name] for name in ("epochs", "seconds", "parameters") if name in result}
    return dict(case.varied) | _numbers(result) | facts


def _environment(case: Case) -> object:
    """On what it was trained, without the command of the one case."""
    facts = read_table(case.folder.environment)
    return {name: fact for name, fact in facts.items() if name != "command"}


def _values(text: str, setting: str) -> list[str]:
    """What a setting varies over: ``a..b``, or a list by commas outside brackets and quotes."""
    if bounds := re.fullmatch(r"\s*(-?\d+)\.\.(-?\d+)\s*", text):
        first, last = int(bounds[1]), int(bounds[2])
        if last < first:
            raise ConfigurationError(
                "the range is empty", where=f"--set {setting}", remedy=f"write {last}..{first}"
            )
        if last - first >= _MOST_VALUES:
            raise ConfigurationError(
                f"the range has {last - first + 1} values",
                where=f"--set {setting}",
                remedy=f"give at most {_MOST_VALUES}",
            )
        return [str(n) for n in range(first, last + 1)]
    if _LIKE_A_RANGE.fullmatch(text):
        raise ConfigurationError(
            f"{text.strip()!r} is no range of integers",
            where=f"--set {setting}",
            remedy="write 0..7, or a list: 0.1,0.2; quotes make it a text: '\"a..b\"'",
        )
    if text.lstrip()[:1] in ("[", "{", '"', "'"):
        return [text]
    return [value.strip() for value in text.split(",")]


def _overrides(case: Case, fixed: Sequence[str]) -> list[str]:
    return [*fixed, *(f"{key}={value}" for key, value in case.varied)]


def _folder_name(varied: Sequence[tuple[str, str]]) -> str:
    name = ",".join(f"{key}={value}" for key, value in varied)
    return re.sub(r"[^A-Za-z0-9=,._+-]", "_", name)


def shown_cell(row: Row | None) -> str:
    """``"96.5 ± 0.4 %"``; a dash where there is nothing."""
    if row is None:
        return "–"
    percent = row.metric.endswith("accuracy")
    scale, unit = (100.0, " %") if percent else (1.0, "")
    deviation = "" if math.isnan(row.deviation) else f" ± {row.deviation * scale:.3g}"
    return f"{row.mean * scale:.4g}{deviation}{unit}"


def _row_fields(row: Row) -> dict[str, object]:
    deviation = None if math.isnan(row.deviation) else row.deviation
    return {
        "group": row.group,
        "metric": row.metric,
        "mean": row.mean,
        "sd": deviation,
        "n": row.n,
    }
