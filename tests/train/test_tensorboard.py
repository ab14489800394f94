"""Event files hold every metric of every epoch, in TensorBoard's own format."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from genprop.errors import ConfigurationError
from genprop.train.fit import fit
from genprop.train.tensorboard import TensorBoard, crc32c
from tests.train.fake import FakeSimulator, counts_task


def test_crc32c_gives_the_published_check_value() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4


def varint(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data: bytes) -> list[tuple[int, object]]:
    """A protocol buffer's fields by number, without knowing the message."""
    found: list[tuple[int, object]] = []
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 1:
            value, at = struct.unpack_from("<d", data, at)[0], at + 8
        elif key & 7 == 5:
            value, at = struct.unpack_from("<f", data, at)[0], at + 4
        else:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        found.append((key >> 3, value))
    return found


def events(path: Path) -> list[tuple[int, dict[str, float]]]:
    """Step and values of every event of a file, checksums checked."""

    def masked(data: bytes) -> int:
        crc = crc32c(data)
        return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF

    data, at = path.read_bytes(), 0
    found: list[tuple[int, dict[str, float]]] = []
    while at < len(data):
        (size,) = struct.unpack_from("<Q", data, at)
        event = data[at + 12 : at + 12 + size]
        assert struct.unpack_from("<I", data, at + 8)[0] == masked(data[at : at + 8])
        assert struct.unpack_from("<I", data, at + 12 + size)[0] == masked(event)
        at += 16 + size
        content = dict(fields(event))
        values: dict[str, float] = {}
        summary = content.get(5, b"")
        assert isinstance(summary, bytes)
        for _, value in fields(summary):
            assert isinstance(value, bytes)
            parts = dict(fields(value))
            tag, number = parts[1], parts[2]
            assert isinstance(tag, bytes) and isinstance(number, float)
            values[tag.decode()] = number
        step = content[2]
        assert isinstance(step, int)
        found.append((step, values))
    return found


def test_every_metric_of_every_epoch_is_there_also_after_a_resumption(tmp_path: Path) -> None:
    def train(epochs: int, resume: bool) -> None:
        fit(
            FakeSimulator(),
            counts_task(),
            epochs=epochs,
            callbacks=[TensorBoard()],
            run=tmp_path,
            resume=resume,
            progress=False,
        )

    train(2, resume=False)
    train(3, resume=True)
    whole = fit(FakeSimulator(), counts_task(), epochs=3, progress=False)
    found = events(tmp_path / "tensorboard" / "events.out.tfevents.genprop")
    assert found[0] == (0, {})
    assert [step for step, _ in found[1:]] == [1, 2, 3]
    for (_, values), record in zip(found[1:], whole, strict=True):
        assert values.keys() == record.metrics.keys()
        assert all(values[k] == np.float32(v) for k, v in record.metrics.items())


def test_without_a_folder_it_says_so() -> None:
    with pytest.raises(ConfigurationError, match="no folder"):
        fit(FakeSimulator(), counts_task(), epochs=1, callbacks=[TensorBoard()], progress=False)
