"""What the chip cannot do is told clearly, and nothing is left running."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.loihi.chip.emulator import Emulator
from genprop.backends.loihi.chip.integers import Cells, IntegerNetwork, Synapses
from genprop.backends.loihi.files.lava import run_lava, write_lava
from genprop.backends.loihi.files.netx import read_netx, write_netx
from genprop.backends.loihi.files.process import run_group
from genprop.errors import DataError, GenpropError, ToolchainError, UnsupportedError

CELLS = Cells("hidden", 3, 741, 200, 900)
SYNAPSES = Synapses("in", "hidden", np.ones((2, 3), int), np.zeros((2, 3), int))
NETWORK = IntegerNetwork({"in": 2}, (CELLS,), (SYNAPSES,))


def network(v_th: float, weight: float, delay: float = 0.0) -> gp.Simulator:
    net = gp.Network("bad")
    source = net.population("in", 2, gp.spikes())
    hidden = net.population("hidden", 3, gp.neuron("LIF", v_th=v_th))
    exp = gp.synapse("exp", tau=5 * ms)
    net.connect(source, hidden, exp, weight=gp.constant(weight), delay=delay * ms)
    return gp.compile(net, clock="grid", dt=1 * ms, duration=20 * ms, backend="reference")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (replace(NETWORK, cells=(replace(CELLS, vth=131072),)), "131072 .* 17 bits"),
        (replace(NETWORK, cells=(replace(CELLS, vth=0),)), "threshold mantissa 0"),
        (replace(NETWORK, cells=(replace(CELLS, dv=5000),)), "decay in 4096ths 5000"),
        (replace(NETWORK, cells=(replace(CELLS, bias=4096),)), "bias mantissa 4096"),
        (
            replace(NETWORK, synapses=(replace(SYNAPSES, delay=np.full((2, 3), 63)),)),
            "delay in steps 63",
        ),
    ],
)
def test_integers_beyond_the_chip_are_refused_everywhere(
    wrong: IntegerNetwork, words: str, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedError, match=words) as found:
        Emulator(wrong, 1)
    assert found.value.remedy
    with pytest.raises(UnsupportedError, match=words):
        write_netx(tmp_path / "wrong.net", wrong)
    with pytest.raises(UnsupportedError, match=words):
        write_lava(tmp_path, wrong, "wrong", "")
    assert list(tmp_path.iterdir()) == []


def test_all_that_does_not_map_is_told_at_once() -> None:
    net = gp.Network("bad")
    source = net.population("in", 2, gp.spikes())
    hidden = net.population("hidden", 3, gp.neuron("LIF", tau_ref=2 * ms, v_reset=0.1))
    exp = gp.synapse("exp", tau=5 * ms)
    net.connect(source, hidden, exp, weight=gp.constant(1.0), delay=63 * ms)
    sim = gp.compile(net, clock="grid", dt=1 * ms, duration=20 * ms, backend="reference")
    with pytest.raises(GenpropError, match="3 problems") as found:
        sim.retarget()
    for words in ("refractory", "resets its voltage", "63 steps of 1 ms", "max=62*ms"):
        assert words in str(found.value)


def test_a_threshold_that_17_bits_cannot_hold_lowers_the_scale_and_is_reported() -> None:
    """Weights 10⁶ times below the threshold leave no bits for themselves."""
    chip = network(v_th=1000.0, weight=1e-3).retarget()
    assert chip.network.cells[0].vth == 131071
    assert chip.report().synapses[0].zeroed == 6


def test_a_truncated_file_is_told_at_every_length(tmp_path: Path) -> None:
    write_netx(tmp_path / "whole.net", NETWORK)
    content = (tmp_path / "whole.net").read_bytes()
    for part in (0, 7, 100, len(content) // 2, len(content) - 1):
        path = tmp_path / f"{part}.net"
        path.write_bytes(content[:part])
        with pytest.raises(DataError, match="no whole NetX file"):
            read_netx(path)


@pytest.mark.skipif(sys.platform == "win32", reason="the interpreter is a shell script")
def test_a_lava_program_that_hangs_is_ended_with_its_grandchildren(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lava starts a process per Lava process, and those are what must not stay."""
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\nif [ "$1" = -c ]; then exit 0; fi\n'
        f"sh -c 'sleep 600 & echo $! >> {tmp_path}/pids; wait' &\n"
        f"echo $! >> {tmp_path}/pids; echo started; wait\n"
    )
    python.chmod(0o755)
    monkeypatch.setenv("GENPROP_LAVA_PYTHON", str(python))
    program = write_lava(tmp_path / "program", NETWORK, "net", "")
    with pytest.raises(ToolchainError, match="did not end within") as found:
        run_lava(program, {"in": np.zeros((5, 2))}, timeout=2.0)
    assert "started" in found.value.where
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 2
    for pid in pids:
        state = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True)
        assert state.stdout.strip()[:1] in ("", "Z")


def test_what_a_program_leaves_behind_when_it_ends_is_ended_too(tmp_path: Path) -> None:
    script = f"sleep 600 & echo $! > {tmp_path}/pid; echo done"
    ended = run_group(["sh", "-c", script], timeout=20)
    assert ended == type(ended)(0, ("done",))
    pid = (tmp_path / "pid").read_text().strip()
    state = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True)
    assert state.stdout.strip()[:1] in ("", "Z")


def test_the_last_lines_of_a_program_are_kept_and_all_are_shown() -> None:
    shown: list[str] = []
    ended = run_group(["sh", "-c", "seq 1 50; exit 3"], timeout=20, show=shown.append)
    assert ended.code == 3
    assert shown == [str(k) for k in range(1, 51)]
    assert ended.tail == tuple(str(k) for k in range(31, 51))
