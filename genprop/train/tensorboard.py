"""Learning curves as TensorBoard event files, written by tensorboardX (extra ``tensorboard``)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genprop._writing import writing
from genprop.errors import ConfigurationError
from genprop.train.callbacks import Callback, Training

if TYPE_CHECKING:
    from genprop.train.history import Record

__all__ = ["TensorBoard"]

_NAME = "events.out.tfevents.genprop"


class TensorBoard(Callback):
    """Writes every metric of every epoch for TensorBoard: ``tensorboard --logdir runs``.

    Args:
        folder: where; by default ``tensorboard`` in the run folder.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = None if folder is None else Path(folder).expanduser()
        self._writer: Any = None  # tensorboardX.record_writer.RecordWriter

    def on_train_begin(self, training: Training) -> None:
        """Find the folder, and the library that writes there."""
        self._writer = None
        if not training.writes:
            return
        try:
            import tensorboardX  # noqa: F401  # pyright: ignore[reportUnusedImport]
        except ImportError:
            raise ConfigurationError(
                "event files for TensorBoard need tensorboardX",
                remedy="pip install 'genprop[tensorboard]'",
            ) from None
        if self.folder is None and training.history.path is None:
            raise ConfigurationError(
                "TensorBoard has no folder to write to",
                remedy="give TensorBoard(folder), or a run folder (run=…)",
            )

    def on_record(self, training: Training) -> None:
        """Write the epoch; the first time, with all epochs before a resumption."""
        if not training.writes:
            return
        with writing(self._file(training), "TensorBoard's file"):
            self._write(training)

    def _write(self, training: Training) -> None:
        from tensorboardX.record_writer import RecordWriter

        records = training.history.records[-1:]
        if self._writer is None:
            path = self._file(training)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = RecordWriter(str(path))
            self._writer.write(_event(file_version="brain.Event:2"))
            records = training.history.records
        for record in records:
            self._writer.write(_event(step=record.epoch, summary={"value": _values(record)}))
        self._writer.flush()

    def on_train_end(self, training: Training) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _file(self, training: Training) -> Path:
        if self.folder is not None:
            return self.folder / _NAME
        assert training.history.path is not None
        return training.history.path.parent / "tensorboard" / _NAME


def _values(record: Record) -> list[dict[str, object]]:
    """All metrics of an epoch, as fields of a Summary.Value."""
    return [{"tag": tag, "simple_value": value} for tag, value in record.metrics.items()]


def _event(**fields: object) -> bytes:
    """A protocol buffer of tensorflow/core/util/event.proto, of now."""
    from tensorboardX.proto.event_pb2 import Event  # pyright: ignore[reportAttributeAccessIssue]

    return Event(wall_time=time.time(), **fields).SerializeToString()
