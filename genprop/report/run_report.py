"""One page that shows a run: everything inside the file, nothing fetched, no program needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop._version import __version__
from genprop.report.figures.charts import figures
from genprop.report.figures.run_data import collect_run
from genprop.report.page import figure_view, undrawn
from genprop.train.files import write_atomically
from genprop.train.folder import RunFolder

if TYPE_CHECKING:
    from genprop.report.figures.run_data import RunData

__all__ = ["page_view", "write_report"]

_COLUMNS = ("train.loss", "train.accuracy", "valid.loss", "valid.accuracy")
_MOST_ROWS = 1000


def write_report(
    run: str | Path,
    split: str = "",
    samples: Sequence[int] = (),
    overrides: Sequence[str] = (),
    output: str | Path | None = None,
) -> Path:
    """Write the report of a run, and give its path: ``RUN/report.html`` unless ``output`` is given.

    Args:
        run: the run folder; see :func:`~genprop.report.figures.run_data.collect_run` for the rest.
        split: which samples are run again; by default test, else valid, else train.
        samples: which of them are drawn, by number.
        overrides: changes to the run's settings.
        output: another file to write.
    """
    from genprop.report.render import render_report

    data = collect_run(run, split, samples, overrides)
    folder = RunFolder(Path(run).expanduser())
    path = folder.report if output is None else Path(output).expanduser()
    write_atomically(path, render_report(page_view(data)).encode())
    return path


def page_view(data: RunData) -> dict[str, object]:
    """The page as plain names, numbers and texts, for ``templates/report/page.html.j2``."""
    config = data.config
    return {
        "title": config.name,
        "version": __version__,
        "lead": _lead(data),
        "facts": [{"name": name, "value": value} for name, value in _facts(data)],
        "remarks": [*([data.clock] if data.clock else []), *data.remarks, *undrawn()],
        "figures": [figure_view(figure) for figure in figures(data)],
        "single": list(_single(data)),
        "head": ["epoch", *_shown(data), "seconds"],
        "rows": _rows(data),
        "equations": data.equations,
        "config": config.toml(),
        "environment": [{"name": k, "value": v} for k, v in _flat(data.environment)],
    }


def _lead(data: RunData) -> str:
    found = data.evaluation
    score = f"loss {found.loss:.4g}" if found.accuracy is None else f"{found.accuracy:.2%} right"
    state = "" if data.result else ", training not finished"
    return (
        f"{score} on {found.samples} {data.split} samples, with the parameters of epoch "
        f"{data.best} of {len(data.history)}{state}."
    )


def _facts(data: RunData) -> Iterator[tuple[str, str]]:
    """The numbers one looks for first."""
    found, history = data.evaluation, data.history
    if found.accuracy is not None:
        yield f"{data.split} accuracy", f"{found.accuracy:.2%}"
    yield f"{data.split} loss", f"{found.loss:.4g}"
    metrics = (
        history.best("valid.accuracy").metrics if "valid.accuracy" in history.metrics() else {}
    )
    if metrics:
        yield "best valid accuracy", f"{metrics['valid.accuracy']:.2%}"
    yield "epochs", f"{len(history)} of {data.config.epochs}"
    yield "learned parameters", f"{sum(c.after.size for c in data.changes):,}"
    if len(history):
        seconds = np.array([record.seconds for record in history])
        yield "seconds per epoch", f"{np.median(seconds):.3g}"
        yield "training took", _duration(float(seconds.sum()))
    if "samples_per_second" in data.result:
        yield "samples per second", f"{float(str(data.result['samples_per_second'])):,.0f}"
    yield "seed", str(data.config.seed)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _single(data: RunData) -> Iterator[dict[str, str]]:
    """What is learned as one number."""
    for change in data.changes:
        if change.before.size == 1:
            yield {
                "name": change.name,
                "before": f"{change.before[0]:.6g}",
                "after": f"{change.after[0]:.6g}",
                "unit": "" if change.unit == "1" else change.unit,
            }


def _shown(data: RunData) -> list[str]:
    return [name for name in _COLUMNS if name in data.history.metrics()]


def _rows(data: RunData) -> list[dict[str, object]]:
    """One row of texts per epoch; of very long trainings the last."""
    shown = _shown(data)
    return [
        {
            "best": record.epoch == data.best,
            "cells": [
                str(record.epoch),
                *(_cell(name, record.metrics.get(name, np.nan)) for name in shown),
                _digits(record.seconds, 3),
            ],
        }
        for record in data.history.records[-_MOST_ROWS:]
    ]


def _cell(name: str, value: float) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:.2%}" if name.endswith("accuracy") else _digits(value, 4)


def _digits(value: float, digits: int) -> str:
    """So many significant digits, zeros at the end too, so that a column lines up."""
    return f"{value:#.{digits}g}".rstrip(".")


def _flat(facts: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield name, ", ".join(f"{k} {v}" for k, v in value.items())
        elif isinstance(value, list):
            yield name, " ".join(map(str, value))
        elif value is not None:
            yield name, str(value)
