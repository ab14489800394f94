"""Progress of a training as lines, one per epoch; the base of all reporters."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from genprop.train.callbacks import Training

__all__ = ["Facts", "LineReporter", "Reporter", "describe_epoch"]


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


class Facts:
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
