"""The emulator gives Lava's numbers, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from genprop.backends.loihi.chip.delivery import Spikes
from genprop.backends.loihi.chip.emulator import Emulator
from genprop.backends.loihi.chip.integers import Cells, IntegerNetwork, Synapses
from genprop.backends.loihi.files.lava_python import lava_python
from genprop.errors import ToolchainError
from tests.backends.loihi.networks import Case, cases
from tests.backends.loihi.oracle import GOLDEN, lava_traces

CASES = {case.name: case for case in cases()}


@pytest.fixture(scope="module")
def golden() -> Mapping[str, np.ndarray]:
    with np.load(GOLDEN) as found:
        return {name: found[name] for name in found.files if "/" in name}


def interpreter() -> str:
    """One that imports lava, or a skip with its reason."""
    try:
        return lava_python()
    except ToolchainError as error:
        pytest.skip(f"{error.what}: {error.remedy}")


def traces(network: IntegerNetwork, counts: np.ndarray) -> dict[str, np.ndarray]:
    """u, v, before and spikes (steps, batch, n) by population, for counts (batch, steps, n)."""
    emulator = Emulator(network, len(counts))
    found: dict[str, list[np.ndarray]] = {}
    for now in counts.swapaxes(0, 1):
        sample, neuron = np.nonzero(now)
        spikes = Spikes(sample, neuron, (len(now), now.shape[1]), now[sample, neuron])
        emulator.step({"in": spikes})
        for name, run in emulator.cells.items():
            fired = np.zeros(run.shape, bool)
            fired[run.spikes.sample, run.spikes.neuron] = True
            for what, value in (("u", run.u), ("v", run.v), ("spikes", fired)):
                found.setdefault(f"{name}.{what}", []).append(value.copy())
    return {name: np.array(rows) for name, rows in found.items()}


def single(case: Case) -> dict[str, np.ndarray]:
    return {name: rows[:, 0] for name, rows in traces(case.network, case.counts[None]).items()}


def test_there_are_traces_of_at_least_forty_networks(golden: Mapping[str, np.ndarray]) -> None:
    assert len({name.split("/")[0] for name in golden}) == len(CASES) >= 40
    assert GOLDEN.stat().st_size < 1_000_000


@pytest.mark.parametrize("name", CASES)
def test_every_bit_is_that_of_lava(name: str, golden: Mapping[str, np.ndarray]) -> None:
    for trace, ours in single(CASES[name]).items():
        np.testing.assert_array_equal(ours, golden[f"{name}/{trace}"], err_msg=trace)


def test_the_networks_reach_the_corners() -> None:
    def run(name: str) -> Emulator:
        emulator = Emulator(CASES[name].network, 1)
        for row in CASES[name].counts:
            (sent,) = np.nonzero(row)
            emulator.step({"in": Spikes(0 * sent, sent, (1, len(row)), row[sent])})
        return emulator

    assert run("u_wraps").cells["cells"].wraps > 0
    assert run("u_wraps_below").cells["cells"].wraps > 0
    assert run("v_saturates").cells["cells"].saturations > 0
    assert run("v_saturates_below").cells["cells"].saturations > 0
    assert np.any(single(CASES["u_stays_at_plus_2_23"])["cells.u"] == 1 << 23)
    for name in ("recurrent_62_exponent_0", "delays_62_exponent_-3_8_bits", "graded_mixed"):
        assert single(CASES[name])["cells.spikes"].any()


def test_samples_of_a_batch_do_not_touch_each_other() -> None:
    case = CASES["layers"]
    counts = np.stack([case.counts, np.roll(case.counts, 3, axis=0), 0 * case.counts])
    together = traces(case.network, counts)
    for k, own in enumerate(counts):
        alone = traces(case.network, own[None])
        for name, rows in alone.items():
            np.testing.assert_array_equal(together[name][:, k], rows[:, 0])


@pytest.mark.parametrize("delay", [0, 1, 5, 62])
def test_a_spike_arrives_one_step_and_its_delay_later(delay: int) -> None:
    cells = Cells("cells", 1, du=4095, dv=4096, vth=131071)
    synapses = Synapses("in", "cells", np.array([[3]]), np.array([[delay]]))
    counts = np.zeros((1, 70, 1), int)
    counts[0, 4] = 1
    u = traces(IntegerNetwork({"in": 1}, (cells,), (synapses,)), counts)["cells.u"][:, 0, 0]
    assert np.flatnonzero(u).tolist() == ([5 + delay] if 5 + delay < 70 else [])
    assert u.sum() == 3 << 6


@pytest.mark.lava
@pytest.mark.parametrize("name", CASES)
def test_golden_traces_are_those_of_live_lava(name: str, golden: Mapping[str, np.ndarray]) -> None:
    live = lava_traces(CASES[name], interpreter())
    assert live.keys() == {n.split("/")[1] for n in golden if n.split("/")[0] == name}
    for trace, rows in live.items():
        np.testing.assert_array_equal(rows, golden[f"{name}/{trace}"], err_msg=trace)
