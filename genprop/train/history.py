"""The metrics of a training, epoch by epoch, in memory and as JSON lines.

A run folder's ``history.jsonl`` holds one record per line. A line is written in one piece; should
the machine stop in the middle of it, the torn last line is dropped when the file is read again.
"""

from __future__ import annotations

import errno
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from genprop._writing import writing
from genprop.errors import ConfigurationError, DataError, did_you_mean
from genprop.train.files import write_atomically
from genprop.train.metrics import is_better

__all__ = ["History", "Record", "read_history"]


@dataclass(frozen=True, slots=True)
class Record:
    """One epoch: ``metrics`` by name (``"train.loss"``, ``"valid.accuracy"``), ``seconds`` it took.

    Two records are equal when their metrics are; the time they took does not count.
    """

    epoch: int
    metrics: Mapping[str, float]
    seconds: float = field(default=0.0, compare=False)

    def line(self) -> str:
        """The record as one line of JSON; numbers keep every bit, NaN and inf become null."""
        finite = {k: v if math.isfinite(v) else None for k, v in self.metrics.items()}
        return json.dumps({"epoch": self.epoch, **finite, "seconds": self.seconds})

    @staticmethod
    def parse(line: str) -> Record:
        """The reverse of :meth:`line`.

        Raises:
            ValueError: for text that is no record.
        """
        found = json.loads(line)
        if not isinstance(found, dict) or not isinstance(found.get("epoch"), int):
            raise ValueError("no record of an epoch")
        epoch, seconds = found.pop("epoch"), float(found.pop("seconds", 0.0))
        metrics = {str(k): math.nan if v is None else float(v) for k, v in found.items()}
        return Record(epoch, metrics, seconds)


@dataclass(eq=False)
class History:
    """The records of a training, oldest first.

    ``history["valid.accuracy"]`` is one metric over the epochs, (epochs,), NaN where it is missing;
    ``history.best("valid.accuracy")`` the record where it was best.
    """

    records: list[Record] = field(default_factory=list["Record"])
    path: Path | None = None

    def __repr__(self) -> str:
        last = f"; last: {self.records[-1].line()}" if self.records else ""
        return f"History({len(self.records)} epochs{last})"

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and self.records == other.records

    def __getitem__(self, metric: str) -> np.ndarray:
        if metric not in self.metrics():
            raise ConfigurationError(
                f"the history has no metric {metric!r}", remedy=did_you_mean(metric, self.metrics())
            )
        return np.array([r.metrics.get(metric, math.nan) for r in self.records])

    def metrics(self) -> list[str]:
        """The names of all metrics, in order of appearance."""
        return list(dict.fromkeys(name for r in self.records for name in r.metrics))

    def best(self, metric: str) -> Record:
        """The first record with the best value of ``metric``: the least loss, else the most.

        Raises:
            ConfigurationError: for a metric that no record has.
        """
        _ = self[metric]
        found, best = self.records[0], None
        for record in self.records:
            value = record.metrics.get(metric, math.nan)
            if is_better(metric, value, best):
                found, best = record, value
        return found

    def append(self, record: Record) -> None:
        """Add a record, and its line to the file if there is one."""
        self.records.append(record)
        if self.path is not None:
            _append_line(self.path, record.line())

    def replace(self, records: Iterable[Record]) -> None:
        """Go back to ``records``, in memory and in the file."""
        self.records = list(records)
        if self.path is not None:
            write_atomically(self.path, self.text().encode())

    def text(self) -> str:
        """All records as JSON lines."""
        return "".join(record.line() + "\n" for record in self.records)

    def __str__(self) -> str:
        shown = [m for m in self.metrics() if m.count(".") == 1]
        rows = [["epoch", *shown]]
        for record in self.records:
            values = (record.metrics.get(name, math.nan) for name in shown)
            rows.append([str(record.epoch), *(f"{value:.4g}" for value in values)])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            for row in rows
        )


def read_history(path: Path) -> list[Record]:
    """The records of a JSON-lines file; a torn last line is dropped, a missing file has none.

    Raises:
        DataError: for a line before the last that is no record.
    """
    if not path.exists():
        return []
    return parse_history(path.read_text(encoding="utf-8", errors="replace"), str(path))


def parse_history(text: str, where: str) -> list[Record]:
    """The records of JSON lines; a last line without its end is dropped.

    Raises:
        DataError: for a complete line that is no record.
    """
    *lines, _torn = text.split("\n")
    records: list[Record] = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(Record.parse(line))
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise DataError(
                "a line of the history is no record of an epoch",
                where=f"{where}, line {number}",
                remedy="remove the line, or restore the file",
            ) from None
    return records


def _append_line(path: Path, line: str) -> None:
    with writing(path, "the history"):
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            _append(handle, (line + "\n").encode())
        finally:
            os.close(handle)


def _append(handle: int, text: bytes) -> None:
    """Add ``text`` to the end of an open file, all of it or nothing."""
    before = os.fstat(handle).st_size
    try:
        if os.write(handle, text) < len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, before)
        raise
