"""One page that shows a search: its best trials, what matters, every trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from genprop._version import __version__
from genprop.errors import DataError
from genprop.experiment.search import best_of
from genprop.experiment.studies import Trial
from genprop.report.figures.searches import search_figures
from genprop.report.page import figure_view, undrawn
from genprop.report.render import render_sweep_report
from genprop.train.files import read_table, write_atomically
from genprop.train.metrics import is_better

__all__ = ["best_rows", "is_search", "lead", "search_view", "write_search_report"]

_AGAIN = "give the command of the search again: it writes the file anew"
_SHOWN = 10
"""Rows of the table of the best."""


def is_search(folder: str | Path) -> bool:
    """Whether a folder is that of a search that has ended."""
    return (Path(folder).expanduser() / "search.json").is_file()


def write_search_report(search: str | Path, output: str | Path | None = None) -> Path:
    """Write the report of a search, and give its path: ``SEARCH/report.html`` unless given.

    Args:
        search: the folder of ``genprop search``.
        output: another file to write.

    Raises:
        DataError: for a folder whose ``search.json`` is damaged.
    """
    root = Path(search).expanduser()
    path = root / "report.html" if output is None else Path(output).expanduser()
    write_atomically(path, render_sweep_report(search_view(root)).encode())
    return path


def search_view(root: Path) -> dict[str, object]:
    """The page as plain names, numbers and texts, for ``templates/report/sweep.html.j2``."""
    summary = read_table(root / "search.json", _AGAIN)
    try:
        trials = [_trial(entry) for entry in _tables(summary["trials"])]
        metric, file = str(summary["metric"]), str(summary["file"])
        importance = {k: float(str(v)) for k, v in _table(summary["importance"]).items()}
        spaces, test = _table(summary["spaces"]), _table(summary["test"])
        environment = _table(summary["environment"])
        overrides = summary["overrides"]
        shown = [f"  --set {o}" for o in overrides] if isinstance(overrides, list) else []
        best = best_of(trials, metric)
        if best is None:
            raise ValueError("no trial finished")
    except (KeyError, TypeError, ValueError) as fault:
        raise DataError(
            f"what the search found is damaged: {fault}",
            where=str(root / "search.json"),
            remedy=_AGAIN,
        ) from None
    head, rows = best_rows(trials, metric)
    every = [_cells(trial, metric) for trial in trials]
    ranked = [{"best": k == 0, "cells": row} for k, row in enumerate(rows)]
    searched = [f'  "{name}" = {space}' for name, space in spaces.items()]
    return {
        "title": root.resolve().name,
        "version": __version__,
        "lead": lead(trials, best, metric, test),
        "facts": [{"name": n, "value": v} for n, v in _facts(trials)],
        "remarks": undrawn(),
        "figures": [figure_view(f) for f in search_figures(trials, metric, importance)],
        "tables": [
            _shown_table("table", "Best trials", f"The best {_SHOWN} by {metric}.", head, ranked),
            _shown_table(
                "trials", "Trials", "Every trial; one that was stopped early has no value.",
                head, [{"best": t is best, "cells": c} for t, c in zip(trials, every, strict=True)],
            ),
        ],
        "config": "\n".join([f"genprop search {file}", *shown, "[search]", *searched]),
        "environment": [
            {"name": k, "value": _words(v)} for k, v in environment.items() if v is not None
        ],
    }  # fmt: skip


def best_rows(trials: Sequence[Trial], metric: str) -> tuple[list[str], list[list[str]]]:
    """Head and cells of a table of the best trials that finished."""
    names = list(dict.fromkeys(name for trial in trials for name in trial.settings))
    done = [(t.value, t) for t in trials if t.value is not None]
    sign = 1.0 if is_better(metric, 0.0, 1.0) else -1.0
    done.sort(key=lambda pair: (sign * pair[0], pair[1].number))
    head = ["trial", *(name.removeprefix("options.") for name in names), metric, "epochs", ""]
    return head, [_cells(trial, metric) for _, trial in done[:_SHOWN]]


def lead(trials: Sequence[Trial], best: Trial, metric: str, test: Mapping[str, object]) -> str:
    """What was found, in a sentence or two."""
    states = [trial.state for trial in trials]
    counts = ", ".join(
        f"{states.count(s)} {w}"
        for s, w in (("finished", "finished"), ("stopped", "stopped early"), ("failed", "failed"))
    )
    chosen = ", ".join(
        f"{k.removeprefix('options.')} = {_shown(v)}" for k, v in best.settings.items()
    )
    seen = ", ".join(f"test.{k} {_number(k, v)}" for k, v in test.items())
    return (
        f"{len(trials)} trials: {counts}. Best by {metric}: trial {best.number} ({chosen}), with "
        f"{_number(metric, best.value)}" + (f"; of the test, seen once: {seen}." if seen else ".")
    )


def _cells(trial: Trial, metric: str) -> list[str]:
    epochs = str(max(trial.curve, default=0))
    value = "–" if trial.value is None else _number(metric, trial.value)
    return [str(trial.number), *map(_shown, trial.settings.values()), value, epochs, trial.state]


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _number(name: str, value: object) -> str:
    return f"{float(str(value)):.2%}" if name.endswith("accuracy") else f"{float(str(value)):.5g}"


def _facts(trials: Sequence[Trial]) -> Iterator[tuple[str, str]]:
    yield "trials", str(len(trials))
    yield "epochs in all", str(sum(max(trial.curve, default=0) for trial in trials))


def _shown_table(
    key: str, title: str, caption: str, head: list[str], rows: Sequence[Mapping[str, object]]
) -> dict[str, object]:
    return {"key": key, "title": title, "caption": caption, "head": head, "rows": rows}


def _trial(entry: Mapping[str, object]) -> Trial:
    value, settings = entry["value"], _table(entry["settings"])
    return Trial(
        int(str(entry["number"])),
        {k: v if isinstance(v, (bool, int, float)) else str(v) for k, v in settings.items()},
        str(entry["state"]),
        None if value is None else float(str(value)),
        {int(k): float(str(v)) for k, v in _table(entry["curve"]).items()},
    )


def _table(found: object) -> dict[str, object]:
    if not isinstance(found, Mapping):
        raise TypeError("no table where one belongs")
    return {str(k): v for k, v in found.items()}  # pyright: ignore


def _tables(found: object) -> list[dict[str, object]]:
    if not isinstance(found, list):
        raise TypeError("trials is no list")
    return [_table(entry) for entry in found]  # pyright: ignore


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {v}" for k, v in value.items())  # pyright: ignore
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)  # pyright: ignore
