"""Progress of a training or a long rounding: bars on a terminal, else lines or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress

    from genprop.backends.loihi.mapping.compensate import OnRounded
    from genprop.train.callbacks import Training

__all__ = ["Reporter", "reporter", "rounding_bar"]

_PATIENCE = 2.0  # s without a bar


class Reporter:
    """Reports nothing; the base of those that do."""

    def __enter__(self) -> Reporter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def batch(self, training: Training) -> None:
        """A batch was learned from."""

    def epoch(self, training: Training) -> None:
        """An epoch was recorded."""

    def say(self, text: str) -> None:
        """A line for the user."""


class LineReporter(Reporter):
    """One line per epoch, for logs and pipes."""

    def epoch(self, training: Training) -> None:
        """Print the epoch's numbers."""
        seconds = max(training.history.records[-1].seconds, 1e-9)
        speed = f"{training.meter.samples / seconds:.0f} samples/s"
        self.say(f"{describe_epoch(training)}  {speed}")

    def say(self, text: str) -> None:
        """Print a line."""
        print(text, flush=True)


class BarReporter(Reporter):
    """Bars of epochs and batches with loss, accuracy, samples per second and time left."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._progress: Progress = Progress(
            TextColumn("{task.description:>5}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[facts]}"),
        )
        self._epochs = self._progress.add_task("epoch", facts="", total=None)
        self._batches = self._progress.add_task("batch", facts="", total=None)
        self._since: tuple[int, int, float] = (0, 0, 0.0)

    def __enter__(self) -> Reporter:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the bars as they stand."""
        self._progress.stop()

    def batch(self, training: Training) -> None:
        """Move the batch bar."""
        meter, now = training.meter, time.perf_counter()
        epoch, first, start = self._since
        if epoch != training.epoch or meter.samples < first:
            self._since = (training.epoch, meter.samples, now)
            rate = ""
        else:
            rate = f"  {(meter.samples - first) / max(now - start, 1e-9):.0f} samples/s"
        accuracy = meter.accuracy
        shown = "" if accuracy is None else f"  accuracy {accuracy:.1%}"
        self._progress.update(
            self._batches,
            completed=training.batch,
            total=training.batches or None,
            facts=f"loss {meter.loss:.4g}{shown}{rate}",
        )
        self._progress.update(self._epochs, completed=len(training.history), total=training.epochs)

    def epoch(self, training: Training) -> None:
        """Move the epoch bar and leave the epoch's line above the bars."""
        self.say(describe_epoch(training))
        self._progress.update(self._epochs, completed=len(training.history), total=training.epochs)

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(text, highlight=False, markup=False)


def reporter(progress: bool) -> Reporter:
    """Bars where there is a terminal, lines where there is none, silence where none is wanted."""
    if not progress:
        return Reporter()
    return BarReporter() if sys.stdout.isatty() else LineReporter()


def describe_epoch(training: Training) -> str:
    """The last recorded epoch in one line."""
    record = training.history.records[-1]
    parts = [f"epoch {record.epoch}/{training.epochs}"]
    for prefix, shown in (("train", ""), ("valid", "valid ")):
        if (loss := record.metrics.get(f"{prefix}.loss")) is not None:
            parts.append(f"{shown}loss {loss:.4g}")
        if (accuracy := record.metrics.get(f"{prefix}.accuracy")) is not None:
            parts.append(f"accuracy {accuracy:.1%}")
    return "  ".join([*parts, f"{record.seconds:.1f} s"])


@contextmanager
def rounding_bar(progress: bool = True) -> Generator[OnRounded | None, None, None]:
    """A callback for the progress of a rounding; after 2 s, a bar per projection shows it.

    They go away when done. None where there is no terminal, or no bar is wanted.
    """
    if not progress or not sys.stdout.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    columns = (TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(), TimeLeft())
    bars = Progress(*columns, transient=True)
    begun = time.perf_counter()

    def on_rounded(projection: str, done: int, neurons: int) -> None:
        known = {task.description: task.id for task in bars.tasks}
        task = known.get(projection)
        if task is None:
            task = bars.add_task(projection, total=neurons)
        bars.update(task, completed=done)
        if not bars.live.is_started and time.perf_counter() - begun > _PATIENCE:
            bars.start()

    try:
        yield on_rounded
    finally:
        bars.stop()
