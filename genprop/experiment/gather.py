"""Finished runs as rows of a table: what each was of, how it ended, and what you measure of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from genprop._checks import given_path
from genprop._reading import read_json, reading
from genprop._writing import writing
from genprop.errors import ConfigurationError, DataError
from genprop.experiment.config import read_config

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = ["gather", "markdown"]

Row: TypeAlias = "dict[str, object]"
_RESULT = "result.json"


def gather(
    folders: Iterable[str | Path],
    output: str | Path,
    options: Mapping[str, object],
    measure: Callable[[Path], Mapping[str, object]] | None = None,
    *,
    tell: Callable[[Row], None] | None = None,
) -> list[Row]:
    """Take every finished run below ``folders`` into the table ``output``, a JSON list of rows.

    A row is what the run was of (``options``, epochs, seed), its accuracies at the epoch that
    validation chose, that epoch, how long it took [s], and what ``measure`` gives. A run whose row
    is there already is not looked at again, so that the same call goes on where it was ended::

        rows = gp.experiment.gather(["runs"], "results.json", {"hidden": 128, "delay": True})

    Args:
        folders: of sweeps, or of single runs.
        output: the table; it is written after every run.
        options: those of ``[options]`` that vary, with what they are where a run names none.
        measure: numbers of your own, of a run folder: ``gp.experiment.open_run(run)``.
        tell: is called with every row that is new.

    Returns:
        All rows of the table, in the order of what they are of.

    Raises:
        DataError: where a folder is not there.
        ConfigurationError: for a table or a run that cannot be read.
    """
    table = given_path(output, "gather(…, output)")
    rows = _stored(table)
    for result in _results(folders):
        row = _about(result.parent, options)
        if any(row.items() <= known.items() for known in rows):
            continue
        keys = list(row)
        row |= _ended(result) | dict(measure(result.parent) if measure else {})
        rows = sorted([*rows, row], key=lambda r: json.dumps([r[k] for k in keys]))
        with writing(table, "the table of runs"):
            table.write_text(f"{json.dumps(rows, indent=1)}\n", encoding="utf-8")
        if tell is not None:
            tell(row)
    return rows


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, as in a README."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _results(folders: Iterable[str | Path]) -> list[Path]:
    found: list[Path] = []
    for folder in folders:
        place = given_path(folder, "gather(folders, …)")
        if not place.is_dir():
            raise DataError(f"there is no folder {place}", remedy="name folders of runs or sweeps")
        found += sorted(place.rglob(_RESULT))
    return found


def _about(run: Path, options: Mapping[str, object]) -> Row:
    config = read_config(run / "config.toml")
    known = {**options, **config.options}
    return {name: known[name] for name in options} | {"epochs": config.epochs, "seed": config.seed}


def _ended(result: Path) -> Row:
    with reading(result, "result of a run", ConfigurationError, "evaluate it: genprop eval RUN"):
        found = cast("dict[str, dict[str, float]]", read_json(result))
        row: Row = {}
        for name, value in (("valid", found["metrics"].get("valid.accuracy")),
                            ("test", found.get("test", {}).get("accuracy"))):  # fmt: skip
            if value is not None:
                row[f"{name} accuracy"] = round(value, 4)
        return row | {
            "best epoch": found["best_epoch"],
            "seconds": round(cast("float", found["seconds"])),
        }


def _stored(table: Path) -> list[Row]:
    if not table.exists():
        return []
    with reading(table, "table of runs", ConfigurationError, "give another output"):
        return cast("list[Row]", read_json(table))
