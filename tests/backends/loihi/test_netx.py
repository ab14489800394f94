"""NetX files give back the network that was written, and damaged ones are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from genprop.backends.loihi.chip.delivery import Spikes
from genprop.backends.loihi.chip.emulator import Emulator
from genprop.backends.loihi.chip.integers import Cells, IntegerNetwork, Synapses
from genprop.backends.loihi.files.netx import effective_weights, read_netx, write_netx
from genprop.errors import DataError, GenpropError, UnsupportedError

RNG = np.random.default_rng(4)


def network(back: bool = True) -> IntegerNetwork:
    hidden, out = Cells("hidden", 5, 741, 200, 900), Cells("out", 3, 741, 200, 131071)
    forward = Synapses(
        "in", "hidden", 2 * RNG.integers(-128, 128, (4, 5)), RNG.integers(0, 63, (4, 5)), -1
    )
    recurrent = Synapses(
        "hidden", "hidden", 2 * RNG.integers(-99, 99, (5, 5)), RNG.integers(0, 9, (5, 5)), -1
    )
    readout = Synapses("hidden", "out", RNG.integers(0, 128, (5, 3)))
    synapses = (forward, recurrent, readout) if back else (forward, readout)
    return IntegerNetwork({"in": 4}, (hidden, out), synapses)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "small.net"


def spikes_of(given: IntegerNetwork) -> list[list[int]]:
    (source, size), *_ = given.sources.items()
    emulator = Emulator(given, 1)
    rng = np.random.default_rng(5)
    found: list[list[int]] = []
    for _ in range(80):
        sent = np.flatnonzero(rng.random(size) < 0.4)
        emulator.step({source: Spikes(0 * sent, sent, (1, size))})
        found.append(next(iter(emulator.cells.values())).spikes.neuron.tolist())
    return found


def test_everything_comes_back_recurrent_delays_included(path: Path) -> None:
    given = network()
    write_netx(path, given)
    back = read_netx(path)
    assert back.sources == {"input": 4}
    for ours, theirs in zip(given.cells, back.cells, strict=True):
        assert (ours.size, ours.du, ours.dv, ours.vth) == (
            theirs.size,
            theirs.du,
            theirs.dv,
            theirs.vth,
        )
    assert len(back.synapses) == 3
    for ours, theirs in zip(given.synapses, back.synapses, strict=True):
        np.testing.assert_array_equal(effective_weights(ours), effective_weights(theirs))
        assert ours.longest == theirs.longest
        if ours.delay is not None:
            assert theirs.delay is not None
            np.testing.assert_array_equal(ours.delay, theirs.delay)
    assert spikes_of(given) == spikes_of(back)
    assert any(spikes_of(given))


def test_the_file_has_the_published_layout(path: Path) -> None:
    given = network()
    write_netx(path, given)
    with h5py.File(path) as file:
        assert "layer/3" not in file
        types = [np.asarray(file[f"layer/{k}/type"])[0] for k in range(3)]
        assert types == [b"input", b"dense_rec", b"dense"]
        assert "layer/0/neuron" not in file
        weight = np.asarray(file["layer/1/weight"])
        assert weight.dtype == np.float32
        assert weight.shape == (5, 4)
        np.testing.assert_array_equal(weight, given.synapses[0].weight.T / 2)
        assert np.asarray(file["layer/1/delay_rec"]).dtype == np.int32
        assert int(np.asarray(file["layer/1/neuron/iDecay"])) == 742
        assert int(np.asarray(file["layer/1/neuron/vThMant"])) == 900


def test_what_the_format_cannot_hold_is_told_at_once(path: Path) -> None:
    given = network()
    biased = replace(given.cells[0], bias=np.full(5, 3))
    skipping = Synapses("in", "out", np.ones((4, 3), int))
    wrong = IntegerNetwork(given.sources, (biased, given.cells[1]), (*given.synapses, skipping))
    with pytest.raises(UnsupportedError, match="2 problems") as found:
        write_netx(path, wrong)
    assert "skips" in str(found.value)
    assert "constant input" in str(found.value)


def test_a_cut_off_file_is_told(path: Path) -> None:
    write_netx(path, network())
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match="no whole NetX file"):
        read_netx(path)
    with pytest.raises(DataError, match="no such file"):
        read_netx(path.with_name("absent.net"))


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("layer/1/delay", np.full((5, 4), 63, np.int32), "delay in steps 63"),
        ("layer/1/neuron/vThMant", np.int32(131072), "17 bits"),
        ("layer/1/neuron/iDecay", np.int32(5000), "decay"),
        ("layer/1/weight", np.full((5, 4), 200, np.float32), "weight 200"),
        ("layer/1/weight", np.full((5, 4), 6e4, np.float16), "weight 60000"),
        ("layer/1/weight", np.full((5, 4), -(2.0**63)), "numbers of the chip"),
        ("layer/1/weight", np.full((5, 4), 0.5, np.float32), "not whole"),
        ("layer/1/weight", np.ones((4, 4), np.float32), "shape"),
        ("layer/1/neuron/type", np.array([b"ALIF"], "S10"), "not CUBA"),
        ("layer/2/type", np.array([b"conv"], "S10"), "conv"),
    ],
)
def test_numbers_beyond_the_chip_are_told(
    path: Path, place: str, value: np.ndarray, words: str
) -> None:
    write_netx(path, network(back=False))
    with h5py.File(path, "r+") as file:
        del file[place]
        file[place] = value
    with np.errstate(all="raise"), pytest.raises(GenpropError, match=words):
        read_netx(path)
