"""Checkpoints of mlGeNN give a network its weights and delays, or say why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.errors import DataError, GenpropError

if TYPE_CHECKING:
    from genprop.describe.pattern import Pattern

RNG = np.random.default_rng(9)
WEIGHT = RNG.normal(size=(4, 3)).astype(np.float32)
DELAY = RNG.uniform(0, 9, (4, 3)).astype(np.float32)
OUT = RNG.normal(size=(3, 2)).astype(np.float32)


def network(dt: float = 2.0, pattern: Pattern | None = None, delays: bool = True) -> gp.Simulator:
    net = gp.Network("from mlGeNN")
    source = net.population("input", 4, gp.spikes())
    hidden = net.population("hidden", 3, gp.neuron("LIF"))
    out = net.population("out", 2, gp.neuron("LI"))
    exp = gp.synapse("exp", tau=5 * ms)
    late = gp.learn(gp.constant(1 * ms), max=20 * ms) if delays else 0 * ms
    weight = gp.learn(gp.constant(0.0))
    net.connect(source, hidden, exp, weight=weight, delay=late, pattern=pattern or gp.dense())
    net.connect(hidden, out, exp, weight=weight)
    return gp.compile(net, clock="grid", dt=dt * ms, duration=50 * ms, batch=2, backend="reference")


def write(folder: Path, epoch: int, change: float = 0.0) -> None:
    np.save(folder / f"{epoch}-Conn_input_hidden-g.npy", WEIGHT.ravel() + np.float32(change))
    np.save(folder / f"{epoch}-Conn_input_hidden-d.npy", DELAY.ravel())
    np.save(folder / f"{epoch}-Conn_hidden_out-g.npy", OUT.ravel())


def test_rows_are_presynaptic_and_delays_become_milliseconds(tmp_path: Path) -> None:
    write(tmp_path, 49)
    sim = network(dt=2.0)
    found = gp.load_mlgenn(tmp_path, sim)
    np.testing.assert_array_equal(sim.parameters["input->hidden.weight"], WEIGHT)
    np.testing.assert_allclose(sim.parameters["input->hidden.delay"], 2.0 * DELAY, rtol=1e-7)
    np.testing.assert_array_equal(sim.parameters["hidden->out.weight"], OUT)
    assert found.epoch == 49
    assert "input->hidden.delay from 49-Conn_input_hidden-d.npy" in str(found)


def test_the_latest_epoch_is_taken_unless_another_is_asked_for(tmp_path: Path) -> None:
    for epoch in (9, 10, 2):
        write(tmp_path, epoch, change=epoch)
    sim = network()
    assert gp.load_mlgenn(tmp_path, sim).epoch == 10
    np.testing.assert_array_equal(sim.parameters["input->hidden.weight"], WEIGHT + 10)
    assert gp.load_mlgenn(tmp_path, sim, epoch=2).epoch == 2
    np.testing.assert_array_equal(sim.parameters["input->hidden.weight"], WEIGHT + 2)
    with pytest.raises(DataError, match=r"no epoch 3\n.*\n.*2, 9, 10"):
        gp.load_mlgenn(tmp_path, sim, epoch=3)


def test_delays_outside_their_bounds_are_clipped_as_mlgenn_does_and_counted(
    tmp_path: Path,
) -> None:
    write(tmp_path, 0)
    late = DELAY.copy()
    late[0, 0], late[1, 1] = -3.0, 400.0
    np.save(tmp_path / "0-Conn_input_hidden-d.npy", late.ravel())
    sim = network(dt=1.0)
    found = gp.load_mlgenn(tmp_path, sim)
    delay = sim.parameters["input->hidden.delay"]
    assert (delay[0, 0], delay[1, 1]) == (0.0, 20.0)
    assert found.clipped == {"input->hidden.delay": 2}
    assert "2 delays brought within their bounds" in str(found)


def test_delays_without_a_file_stay_as_described(tmp_path: Path) -> None:
    write(tmp_path, 0)
    (tmp_path / "0-Conn_input_hidden-d.npy").unlink()
    sim = network()
    found = gp.load_mlgenn(tmp_path, sim)
    assert found.unchanged == ("input->hidden.delay",)
    assert np.all(sim.parameters["input->hidden.delay"] == 1.0)


def test_connections_of_another_name_are_told_which_they_are(tmp_path: Path) -> None:
    np.save(tmp_path / "7-Conn_Pop0_Pop1-g.npy", WEIGHT.ravel())
    np.save(tmp_path / "7-Conn_Pop1_Pop2-g.npy", OUT.ravel())
    sim = network()
    names = {"Conn_Pop0_Pop1": "input->hidden", "Conn_Pop1_Pop2": "hidden->out"}
    gp.load_mlgenn(tmp_path, sim, names=names)
    np.testing.assert_array_equal(sim.parameters["hidden->out.weight"], OUT)
    with pytest.raises(DataError, match="did you mean 'hidden->out'"):
        gp.load_mlgenn(tmp_path, sim, names={"Conn_Pop1_Pop2": "hidden->ou"})


def test_sparse_values_are_put_in_order_by_their_indices(tmp_path: Path) -> None:
    pre, post = np.array([0, 1, 1, 3]), np.array([2, 0, 1, 2])
    sim = network(pattern=gp.sparse(pairs=np.stack([pre, post], axis=1)), delays=False)
    values = np.array([0.5, 1.5, 2.5, 3.5], np.float32)
    shuffled = np.array([2, 0, 3, 1])
    np.save(tmp_path / "0-Conn_input_hidden-g.npy", values[shuffled])
    np.save(tmp_path / "0-Conn_hidden_out-g.npy", OUT.ravel())
    with pytest.raises(DataError, match="pre_ind"):
        gp.load_mlgenn(tmp_path, sim)
    np.save(tmp_path / "0-Conn_input_hidden-pre_ind.npy", pre[shuffled].astype(np.uint32))
    np.save(tmp_path / "0-Conn_input_hidden-post_ind.npy", post[shuffled].astype(np.uint32))
    gp.load_mlgenn(tmp_path, sim)
    np.testing.assert_array_equal(sim.parameters["input->hidden.weight"], values)


def test_everything_wrong_is_told_at_once_and_nothing_is_set(tmp_path: Path) -> None:
    write(tmp_path, 4)
    np.save(tmp_path / "4-Conn_input_hidden-g.npy", np.zeros(11, np.float32))
    (tmp_path / "4-Conn_hidden_out-g.npy").rename(tmp_path / "4-Conn_hiden_out-g.npy")
    sim = network()
    with pytest.raises(GenpropError, match="3 problems") as found:
        gp.load_mlgenn(tmp_path, sim)
    said = str(found.value)
    assert "11 values, input->hidden.weight has 4 × 3" in said
    assert "did you mean 'Conn_hidden_out'?" in said
    assert "there is no 4-Conn_hidden_out-g.npy" in said
    assert all(np.all(sim.parameters[n] == 0) for n in sim.parameters if n.endswith("weight"))


def test_an_epoch_that_is_not_whole_says_which_one_is(tmp_path: Path) -> None:
    write(tmp_path, 4)
    write(tmp_path, 5)
    (tmp_path / "5-Conn_hidden_out-g.npy").unlink()
    with pytest.raises(DataError, match="epochs 4 have it"):
        gp.load_mlgenn(tmp_path, network())


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda p: p.write_bytes(p.read_bytes()[:60]), "cut off"),
        (lambda p: np.save(p, WEIGHT.T), "3 × 4 values"),
        (lambda p: np.save(p, np.full(12, np.nan)), "not finite"),
        (lambda p: np.save(p, np.array(["a"] * 12)), "no numbers"),
        (lambda p: np.save(p, np.array([{}], object), allow_pickle=True), "cut off or no numpy"),
    ],
)
def test_a_damaged_file_is_told(
    tmp_path: Path, damage: Callable[[Path], object], words: str
) -> None:
    write(tmp_path, 4)
    damage(tmp_path / "4-Conn_input_hidden-g.npy")
    with pytest.raises(DataError, match=re.escape(words)):
        gp.load_mlgenn(tmp_path, network())


def test_what_is_no_checkpoint_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        gp.load_mlgenn(tmp_path / "none", network())
    with pytest.raises(DataError, match="no weights of mlGeNN"):
        gp.load_mlgenn(tmp_path, network())
    write(tmp_path, 1)
    with pytest.raises(DataError, match="has no delays to set"):
        gp.load_mlgenn(tmp_path, network(delays=False))
    np.save(tmp_path / "1-hidden-Bias.npy", np.zeros(3))
    with pytest.raises(GenpropError, match="no projection for hidden"):
        gp.load_mlgenn(tmp_path, network())
