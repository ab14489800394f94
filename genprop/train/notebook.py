"""Progress of a training in a notebook: lines, a bar that moves, and curves that grow."""

from __future__ import annotations

import time
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from genprop.describe.drawings import drawings
from genprop.train.lines import Facts, LineReporter

if TYPE_CHECKING:
    from types import TracebackType

    from genprop.train.callbacks import Training
    from genprop.train.history import History

__all__ = ["NotebookReporter"]

_REDRAWN, _BAR = 0.2, 24
"""Seconds between two pictures of a bar, and its length in letters."""
_OF_TIME = 0.05
"""The part of a training's time that may go into drawing its curves."""
_DRAWN_EPOCHS = 2


class NotebookReporter(LineReporter):
    """A line per epoch; below them a bar of the batches and, from two epochs on, learning curves.

    Both change in place. The bar goes when the training ends, the curves stay. Without matplotlib
    there are no curves; a notebook that shows text alone has the bar as letters.

    Args:
        display: IPython's function; it needs no widgets.
    """

    def __init__(self, display: Callable[..., Any]) -> None:
        self._display, self._handle = display, None
        self._facts, self._drawn = Facts(), 0.0
        self._curves, self._history, self._next = "", None, 0.0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave no bar behind, and the curves of all epochs."""
        self._draw_curves(last=True)
        self._show("", "")

    def batch(self, training: Training) -> None:
        """Draw the bar anew, a few times a second."""
        facts, now = self._facts.of(training), time.perf_counter()
        if now - self._drawn < _REDRAWN and training.batch < training.batches:
            return
        self._drawn = now
        done, whole = training.batch, max(training.batches, 1)
        full = round(_BAR * done / whole)
        epoch = f"epoch {training.epoch}/{training.epochs}"
        rest = f"{done}/{training.batches}  {facts}"
        bar = f'<progress value="{done}" max="{whole}"></progress>'
        self._show(
            f"{epoch} {'━' * full + '─' * (_BAR - full)} {rest}", f"{epoch} {bar} {escape(rest)}"
        )

    def epoch(self, training: Training) -> None:
        """Print the epoch's line, and draw the curves with it."""
        super().epoch(training)
        self._history = training.history
        self._draw_curves()

    def _draw_curves(self, last: bool = False) -> None:
        """The curves anew, where that does not take much of the time."""
        history: History | None = self._history
        begun = time.perf_counter()
        if history is None or len(history) < _DRAWN_EPOCHS or (begun < self._next and not last):
            return
        self._curves = drawings().curves_html(history)
        now = time.perf_counter()
        self._next = now + (now - begun) / _OF_TIME

    def _show(self, text: str, bar: str) -> None:
        content = {"text/plain": text, "text/html": f"<div>{bar}</div>{self._curves}"}
        if self._handle is None:
            self._handle = self._display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)
