"""Event files hold every metric of every epoch, in TensorBoard's own format."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from genprop.errors import ConfigurationError
from genprop.train.fit import fit
from genprop.train.tensorboard import TensorBoard
from tests.train.fake import FakeSimulator, counts_task

pytest.importorskip("tensorboardX", reason="tensorboardX is in the extra 'tensorboard'")


def events(path: Path) -> list[tuple[int, dict[str, float]]]:
    """Step and values of every event of a file, lengths and checksums checked."""
    from tensorboardX.proto.event_pb2 import Event  # pyright: ignore[reportAttributeAccessIssue]
    from tensorboardX.record_writer import masked_crc32c

    data, at = path.read_bytes(), 0
    found: list[tuple[int, dict[str, float]]] = []
    while at < len(data):
        size, head = struct.unpack_from("<QI", data, at)
        content = data[at + 12 : at + 12 + size]
        assert head == masked_crc32c(data[at : at + 8])
        assert struct.unpack_from("<I", data, at + 12 + size)[0] == masked_crc32c(content)
        at += 16 + size
        event = Event.FromString(content)
        values = {value.tag: value.simple_value for value in event.summary.value}
        found.append((event.step, values))
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


def test_without_tensorboardx_it_says_how_to_get_it_before_anything_is_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'genprop\[tensorboard\]'"):
        fit(
            FakeSimulator(),
            counts_task(),
            epochs=1,
            callbacks=[TensorBoard(tmp_path)],
            progress=False,
        )
    assert list(tmp_path.iterdir()) == []
