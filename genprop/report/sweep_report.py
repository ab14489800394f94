"""One page that shows a whole sweep: its table, every learning curve, every training."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from genprop._version import __version__
from genprop.errors import ConfigurationError, DataError
from genprop.experiment.sweep import Case, Row, cases_of, shown_cell
from genprop.report.figures.sweeps import sweep_curves
from genprop.report.page import figure_view, undrawn
from genprop.train.files import read_table, write_atomically
from genprop.train.history import History, read_history
from genprop.train.metrics import is_better

__all__ = ["is_sweep", "write_sweep_report"]

_CHOOSE = ("valid.accuracy", "valid.loss", "train.accuracy", "train.loss")
"""What the best group is chosen by, the first there is: never the test."""
_AGAIN = "give the command of the sweep again: it writes the table anew"


def is_sweep(folder: str | Path) -> bool:
    """Whether a folder is that of a sweep that has ended."""
    return (Path(folder).expanduser() / "sweep.json").is_file()


def write_sweep_report(sweep: str | Path, output: str | Path | None = None) -> Path:
    """Write the report of a sweep, and give its path: ``SWEEP/report.html`` unless given.

    Args:
        sweep: the folder of ``genprop sweep``.
        output: another file to write.

    Raises:
        ConfigurationError: for a folder without ``sweep.json``.
        DataError: for one that is damaged.
    """
    from genprop.report.render import render_sweep_report

    root = Path(sweep).expanduser()
    path = root / "report.html" if output is None else Path(output).expanduser()
    write_atomically(path, render_sweep_report(sweep_view(root)).encode())
    return path


def sweep_view(root: Path) -> dict[str, object]:
    """The page as plain names, numbers and texts, for ``templates/report/sweep.html.j2``."""
    summary = _summary(root)
    try:
        rows = [_row(entry) for entry in _list(summary, "table")]
        cases = [dict(entry) for entry in _list(summary, "cases")]
        seconds = sum(float(str(case.get("seconds", 0.0))) for case in cases)
        settings = _texts(summary["settings"])
        file = str(summary["file"])
    except (KeyError, TypeError, ValueError) as fault:
        raise DataError(
            f"the sweep's table is damaged: {fault}",
            where=str(root / "sweep.json"),
            remedy=_AGAIN,
        ) from None
    metrics = list(dict.fromkeys(row.metric for row in rows))
    rows = [replace(row, group=short_group(row.group)) for row in rows]
    groups = list(dict.fromkeys(row.group for row in rows))
    best, chosen = _best(rows, metrics)
    trainings, _ = cases_of(settings, root)
    figures = sweep_curves(_histories(trainings), best)
    return {
        "title": root.resolve().name,
        "version": __version__,
        "lead": _lead(rows, best, chosen),
        "facts": [{"name": n, "value": v} for n, v in _facts(len(cases), groups, seconds)],
        "remarks": undrawn() if figures else [],
        "figures": [figure_view(figure) for figure in figures],
        "tables": [_table(rows, groups, metrics, best), _trainings(cases)],
        "config": "\n".join([f"genprop sweep {file}", *(f"  --set {s}" for s in settings)]),
        "environment": _environment(summary),
    }


def short_group(group: str) -> str:
    """``"options.delays=none,options.hidden=32"`` as it is read: ``"delays=none, hidden=32"``."""
    settings = [setting.removeprefix("options.") for setting in group.split(",")]
    return ", ".join(settings) if group else "all"


def _summary(root: Path) -> dict[str, object]:
    try:
        return read_table(root / "sweep.json", _AGAIN)
    except FileNotFoundError:
        raise ConfigurationError(
            "this is no folder of a sweep that has ended: it has no sweep.json",
            where=str(root),
            remedy="give the command of the sweep again: it goes on with what is missing",
        ) from None


def _list(summary: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = summary[name]
    if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
        raise TypeError(f"{name} is no list of tables")
    return found


def _texts(found: object) -> list[str]:
    if not isinstance(found, list):
        raise TypeError("settings is no list")
    return [str(text) for text in found]


def _row(entry: Mapping[str, object]) -> Row:
    mean, deviation = entry["mean"], entry["sd"]
    return Row(
        str(entry["group"]),
        str(entry["metric"]),
        float(str(mean)),
        math.nan if deviation is None else float(str(deviation)),
        int(str(entry["n"])),
    )


def _best(rows: Sequence[Row], metrics: Sequence[str]) -> tuple[str, str]:
    """The best group, and what it is best by."""
    metric = next((name for name in _CHOOSE if name in metrics), metrics[0] if metrics else "")
    group, value = "", None
    for row in rows:
        if row.metric == metric and is_better(metric, row.mean, value):
            group, value = row.group, row.mean
    return group, metric


def _lead(rows: Sequence[Row], best: str, metric: str) -> str:
    found = {row.metric: row for row in rows if row.group == best}
    results = [
        f"{name} {shown_cell(found[name])}" for name in (metric, "test.accuracy") if name in found
    ]
    count = max((row.n for row in found.values()), default=0)
    numbers = f"{', '.join(results)} (mean ± standard deviation, n = {count})."
    alone = len({row.group for row in rows}) == 1
    return f"All: {numbers}" if alone else f"Best by {metric}: {best}, with {numbers}"


def _facts(cases: int, groups: Sequence[str], seconds: float) -> Iterator[tuple[str, str]]:
    yield "trainings", str(cases)
    yield "groups", str(len(groups))
    yield "training took", f"{seconds:.3g} s" if seconds < 120 else f"{seconds / 60:.3g} min"


def _table(
    rows: Sequence[Row], groups: Sequence[str], metrics: Sequence[str], best: str
) -> dict[str, object]:
    """Mean ± standard deviation, one line per group."""
    place = {(row.group, row.metric): row for row in rows}
    lines = [
        {
            "best": group == best,
            "cells": [
                group,
                *(shown_cell(place.get((group, metric))) for metric in metrics),
                str(max(row.n for row in rows if row.group == group)),
            ],
        }
        for group in groups
    ]
    return {
        "key": "table",
        "title": "Table",
        "caption": "Mean ± standard deviation (n − 1) over the trainings that differ in their seed "
        "alone. Validation and training numbers are those of each training's best epoch.",
        "head": ["", *metrics, "n"],
        "rows": lines,
    }


def _trainings(cases: Sequence[Mapping[str, object]]) -> dict[str, object]:
    head = list(dict.fromkeys(name for case in cases for name in case))
    return {
        "key": "trainings",
        "title": "Trainings",
        "caption": "Every training with its settings and numbers.",
        "head": head,
        "rows": [
            {"best": False, "cells": [_cell(name, case.get(name)) for name in head]}
            for case in cases
        ],
    }


def _cell(name: str, value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2%}" if name.endswith("accuracy") else f"{value:.4g}"
    return "–" if value is None else str(value)


def _histories(cases: Sequence[Case]) -> dict[str, list[History]]:
    """By group, the histories that are there."""
    found: dict[str, list[History]] = {}
    for case in cases:
        if case.folder.history.exists():
            found.setdefault(short_group(case.group), []).append(
                History(read_history(case.folder.history))
            )
    return found


def _environment(summary: Mapping[str, object]) -> list[dict[str, str]]:
    facts = summary.get("environment")
    if not isinstance(facts, Mapping):
        return []
    return [{"name": str(k), "value": _words(v)} for k, v in facts.items() if v is not None]


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {v}" for k, v in value.items())
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
