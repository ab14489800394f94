"""A NetX file written here is read by lava-dl, the public reader, as the network it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genprop.backends.loihi.chip.integers import Cells, IntegerNetwork, Synapses
from genprop.backends.loihi.files.netx import read_netx, write_netx
from genprop.backends.loihi.files.process import run_group
from tests.backends.loihi.networks import Case
from tests.backends.loihi.test_emulator import interpreter, single

STEPS = 90
PROGRAM = str(Path(__file__).with_name("live_netx.py"))
TRACES = {"layer1": "hidden", "layer2": "out"}


def chain() -> Case:
    """Feed-forward, with delays in both layers, mixed and excitatory weights."""
    rng = np.random.default_rng(3)
    hidden, out = Cells("hidden", 6, 741, 200, 300), Cells("out", 3, 741, 200, 900)
    delay = rng.integers(0, 63, (5, 6))
    delay[0, 0], delay[1, 1] = 62, 0
    synapses = (
        Synapses("in", "hidden", 2 * rng.integers(-64, 128, (5, 6)), delay, -1),
        Synapses("hidden", "out", rng.integers(0, 128, (6, 3)), rng.integers(0, 9, (6, 3))),
    )
    counts = (rng.random((STEPS, 5)) < 0.4).astype(np.int64)
    return Case("netx", IntegerNetwork({"in": 5}, (hidden, out), synapses), counts)


@pytest.mark.lava
def test_the_public_reader_gives_the_emulators_bits(tmp_path: Path) -> None:
    python = interpreter()
    probe = run_group([python, PROGRAM, "--probe"], timeout=120)
    if probe.code != 0:
        last = probe.tail[-1] if probe.tail else ""
        pytest.skip(f"{python} has no lava-dl (pip install --no-deps lava-dl h5py): {last}")
    case = chain()
    write_netx(tmp_path / "net.net", case.network)
    assert read_netx(tmp_path / "net.net").synapses[0].longest == 62
    np.save(tmp_path / "counts.npy", case.counts)
    files = [str(tmp_path / name) for name in ("net.net", "counts.npy", "traces.npz")]
    ended = run_group([python, PROGRAM, *files], timeout=300)
    assert ended.code == 0, "\n".join(ended.tail)
    ours = single(case)
    with np.load(tmp_path / "traces.npz") as theirs:
        for layer, name in TRACES.items():
            for what in ("u", "v"):
                np.testing.assert_array_equal(theirs[f"{layer}.{what}"], ours[f"{name}.{what}"])
        np.testing.assert_array_equal(theirs["layer2.spikes"], ours["out.spikes"])
    assert ours["hidden.spikes"].any()
    assert ours["out.spikes"].any()
