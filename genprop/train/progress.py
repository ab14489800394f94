"""Progress of a training or a long rounding: bars on a terminal, else lines or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from genprop.train.lines import Facts, LineReporter, Reporter, describe_epoch
from genprop.train.notebook import NotebookReporter

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress

    from genprop.backends.loihi.mapping.compensate import OnRounded
    from genprop.train.callbacks import Training

__all__ = ["BarReporter", "LineReporter", "Reporter", "reporter", "rounding_bar"]

_PATIENCE = 2.0  # s without a bar


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
        self._facts = Facts()

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
