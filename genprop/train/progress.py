"""Progress of a training or a long rounding: bars on a terminal, else lines or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress

    from genprop.backends.loihi.mapping.compensate import OnRounded
    from genprop.train.callbacks import Training

__all__ = ["Reporter", "reporter", "rounding_bar"]

_PATIENCE = 2.0  # s without a bar
_REDRAWN, _BAR = 0.2, 24  # s between two pictures of a bar in a notebook, and its length


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


class _Facts:
    """Loss, accuracy and speed so far in the epoch, in words."""

    def __init__(self) -> None:
        self._since: tuple[int, int, float] = (0, 0, 0.0)

    def of(self, training: Training) -> str:
        """After a batch; the speed is that since the first batch which was seen here."""
        meter, now = training.meter, time.perf_counter()
        epoch, first, start = self._since
        if epoch != training.epoch or meter.samples < first:
            self._since = (training.epoch, meter.samples, now)
            rate = ""
        else:
            rate = f"  {(meter.samples - first) / max(now - start, 1e-9):.0f} samples/s"
        accuracy = meter.accuracy
        shown = "" if accuracy is None else f"  accuracy {accuracy:.1%}"
        return f"loss {meter.loss:.4g}{shown}{rate}"


class NotebookReporter(LineReporter):
    """One line per epoch, and below them a bar of the batches that a notebook draws in place.

    Args:
        display: IPython's function; it needs no widgets.
    """

    def __init__(self, display: Callable[..., Any]) -> None:
        self._display, self._handle = display, None
        self._facts, self._drawn = _Facts(), 0.0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave no bar behind."""
        self._draw("")

    def batch(self, training: Training) -> None:
        """Draw the bar anew, a few times a second."""
        facts, now = self._facts.of(training), time.perf_counter()
        if now - self._drawn < _REDRAWN and training.batch < training.batches:
            return
        self._drawn = now
        full = round(_BAR * training.batch / max(training.batches, 1))
        bar = "━" * full + "─" * (_BAR - full)
        self._draw(
            f"epoch {training.epoch}/{training.epochs} {bar} "
            f"{training.batch}/{training.batches}  {facts}"
        )

    def _draw(self, text: str) -> None:
        content = {"text/plain": text}
        if self._handle is None:
            self._handle = self._display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)


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
        self._facts = _Facts()

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
        self._progress.update(
            self._batches,
            completed=training.batch,
            total=training.batches or None,
            facts=self._facts.of(training),
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
    """Bars on a terminal or in a notebook, lines elsewhere, silence where none is wanted."""
    if not progress:
        return Reporter()
    if (display := _notebook()) is not None:
        return NotebookReporter(display)
    return BarReporter() if sys.stdout.isatty() else LineReporter()


def _notebook() -> Callable[..., Any] | None:
    """IPython's ``display`` where this runs in a notebook, whose kernel has loaded it."""
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if type(shell).__name__ != "ZMQInteractiveShell":
        return None
    return getattr(sys.modules.get("IPython.display"), "display", None)


def describe_epoch(training: Training) -> str:
    """The last recorded epoch in one line."""
    record = training.history.records[-1]
    parts = [f"epoch {record.epoch}/{training.epochs}"]
    for prefix, shown in (("train", ""), ("valid", "valid ")):
        if (loss := record.metrics.get(f"{prefix}.loss")) is not None:
            parts.append(f"{shown}loss {loss:.4g}")
        if (accuracy := record.metrics.get(f"{prefix}.accuracy")) is not None:
            parts.append(f"accuracy {accuracy:.1%}")
    silent = [name for name, counts in training.meter.spikes.items() if not counts.any()]
    if silent:  # nothing can be learned through it
        parts.append(f"({', '.join(silent)} never spiked)")
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
