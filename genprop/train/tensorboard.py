"""Learning curves as TensorBoard event files, written without TensorFlow.

A file is a row of records, each ``length (uint64) · crc(length) · event · crc(event)`` in little
endian; crc is the masked CRC-32C, ((c >> 15 | c << 17) + 0xa282ead8) mod 2³². An event is a
protocol buffer: 1 wall_time (double), 2 step (int64), 3 file_version (string), 5 summary of
values { 1 tag (string), 2 simple_value (float) }.

Source: tensorflow/core/util/event.proto and tensorflow/core/lib/io/record_writer.cc.
"""

from __future__ import annotations

import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING

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
        self._path: Path | None = None

    def on_train_begin(self, training: Training) -> None:
        """Find the folder."""
        self._path = None
        if self.folder is None and training.history.path is None:
            raise ConfigurationError(
                "TensorBoard has no folder to write to",
                remedy="give TensorBoard(folder), or a run folder (run=…)",
            )

    def on_record(self, training: Training) -> None:
        """Write the epoch; the first time, with all epochs before a resumption."""
        if self._path is not None:
            with self._path.open("ab") as file:
                file.write(_event_of(training.history.records[-1]))
            return
        self._path = self._file(training)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        events = b"".join(_event_of(record) for record in training.history)
        self._path.write_bytes(_framed(_event(0, _text(3, b"brain.Event:2"))) + events)

    def _file(self, training: Training) -> Path:
        if self.folder is not None:
            return self.folder / _NAME
        assert training.history.path is not None
        return training.history.path.parent / "tensorboard" / _NAME


def crc32c(data: bytes) -> int:
    """The Castagnoli CRC, reflected polynomial 0x82f63b78."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _table() -> list[int]:
    table: list[int] = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _table()


def _event_of(record: Record) -> bytes:
    """One record of the file: all metrics of an epoch."""
    values = b"".join(
        _text(1, _text(1, name.encode()) + b"\x15" + struct.pack("<f", value))
        for name, value in record.metrics.items()
    )
    return _framed(_event(record.epoch, _text(5, values)))


def _event(step: int, content: bytes) -> bytes:
    return b"\x09" + struct.pack("<d", time.time()) + b"\x10" + _varint(step) + content


def _framed(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _text(number: int, content: bytes) -> bytes:
    """A length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
