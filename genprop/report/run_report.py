"""One page that shows a run: everything inside the file, nothing fetched, no program needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop._version import __version__
from genprop.report.figures.charts import figures
from genprop.report.figures.portrait import portray
from genprop.report.page import figure_view, undrawn
from genprop.train.files import write_atomically
from genprop.train.folder import RunFolder

if TYPE_CHECKING:
    from genprop.report.figures.portrait import Portrait

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
        run: the run folder; see :func:`~genprop.report.figures.portrait.portray` for the rest.
        split: which samples are run again; by default test, else valid, else train.
        samples: which of them are drawn, by number.
        overrides: changes to the run's settings.
        output: another file to write.
    """
    from genprop.report.render import render_report

    portrait = portray(run, split, samples, overrides)
    folder = RunFolder(Path(run).expanduser())
    path = folder.report if output is None else Path(output).expanduser()
    write_atomically(path, render_report(page_view(portrait)).encode())
    return path


def page_view(portrait: Portrait) -> dict[str, object]:
    """The page as plain names, numbers and texts, for ``templates/report/page.html.j2``."""
    config = portrait.config
    return {
        "title": config.name,
        "version": __version__,
        "lead": _lead(portrait),
        "facts": [{"name": name, "value": value} for name, value in _facts(portrait)],
        "remarks": [*portrait.remarks, *undrawn()],
        "figures": [figure_view(figure) for figure in figures(portrait)],
        "single": list(_single(portrait)),
        "head": ["epoch", *_shown(portrait), "seconds"],
        "rows": _rows(portrait),
        "equations": portrait.equations,
        "config": config.toml(),
        "environment": [{"name": k, "value": v} for k, v in _flat(portrait.environment)],
    }


def _lead(portrait: Portrait) -> str:
    found = portrait.evaluation
    score = f"loss {found.loss:.4g}" if found.accuracy is None else f"{found.accuracy:.2%} right"
    state = "" if portrait.result else ", training not finished"
    return (
        f"{score} on {found.samples} {portrait.split} samples, with the parameters of epoch "
        f"{portrait.best} of {len(portrait.history)}{state}."
    )


def _facts(portrait: Portrait) -> Iterator[tuple[str, str]]:
    """The numbers one looks for first."""
    found, history = portrait.evaluation, portrait.history
    if found.accuracy is not None:
        yield f"{portrait.split} accuracy", f"{found.accuracy:.2%}"
    yield f"{portrait.split} loss", f"{found.loss:.4g}"
    metrics = (
        history.best("valid.accuracy").metrics if "valid.accuracy" in history.metrics() else {}
    )
    if metrics:
        yield "best valid accuracy", f"{metrics['valid.accuracy']:.2%}"
    yield "epochs", f"{len(history)} of {portrait.config.epochs}"
    yield "learned parameters", f"{sum(c.after.size for c in portrait.changes):,}"
    if len(history):
        seconds = np.array([record.seconds for record in history])
        yield "seconds per epoch", f"{np.median(seconds):.3g}"
        yield "training took", _duration(float(seconds.sum()))
    if "samples_per_second" in portrait.result:
        yield "samples per second", f"{float(str(portrait.result['samples_per_second'])):,.0f}"
    yield "seed", str(portrait.config.seed)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _single(portrait: Portrait) -> Iterator[dict[str, str]]:
    """What is learned as one number."""
    for change in portrait.changes:
        if change.before.size == 1:
            yield {
                "name": change.name,
                "before": f"{change.before[0]:.6g}",
                "after": f"{change.after[0]:.6g}",
                "unit": "" if change.unit == "1" else change.unit,
            }


def _shown(portrait: Portrait) -> list[str]:
    return [name for name in _COLUMNS if name in portrait.history.metrics()]


def _rows(portrait: Portrait) -> list[dict[str, object]]:
    """One row of texts per epoch; of very long trainings the last."""
    shown = _shown(portrait)
    return [
        {
            "best": record.epoch == portrait.best,
            "cells": [
                str(record.epoch),
                *(_cell(name, record.metrics.get(name, np.nan)) for name in shown),
                _digits(record.seconds, 3),
            ],
        }
        for record in portrait.history.records[-_MOST_ROWS:]
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
