"""Stages in states, checkpoints, run folders and saved networks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.data.dataset import Dataset
from genprop.data.spikes import SpikeBatch
from genprop.errors import (
    CheckpointError,
    ConfigurationError,
)
from genprop.train.checkpoint import load_checkpoint, read_snapshot
from genprop.train.folder import RunFolder
from tests.stages.staged import (
    IN,
    OUT,
    STEPS,
    Cost,
    Signed,
    batch,
    distance,
    network,
)

if TYPE_CHECKING:
    from genprop.stages.base import Arrays


class Counting(gp.Stage):
    """Keeps how often it held: state of a stage."""

    def __init__(self) -> None:
        self.count = np.zeros((), np.int64)

    def hold(self, parameters: Mapping[str, np.ndarray]) -> None:
        self.count = self.count + 1

    def state(self) -> Arrays:
        return {"count": self.count}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.count = np.array(state.get("count", 0))


class Unwilling(Counting):
    """Takes part of a state, and then no more."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self.fault = fault

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        super().restore(state)
        if self.count > 1:
            raise self.fault


def data(samples: int = 12) -> Dataset:
    rng = np.random.default_rng(2)
    trains = [(np.sort(rng.uniform(0, 30, 30)), rng.integers(0, IN, 30)) for _ in range(samples)]
    labels = np.arange(samples) % OUT
    made = SpikeBatch.from_events(trains, channels=IN, duration=STEPS, labels=labels)
    return Dataset(made, OUT)


def stages() -> list[gp.Stage]:
    return [Signed("in->hidden"), distance(), Cost(), Counting()]


def test_resuming_gives_the_bits_of_an_uninterrupted_training(tmp_path: Path) -> None:
    whole, first, second = (network(stages(), dt=1.0) for _ in range(3))
    gp.fit(whole, data(), epochs=4, progress=False)
    gp.fit(first, data(), epochs=2, progress=False, run=tmp_path)
    gp.fit(second, data(), epochs=4, progress=False, run=tmp_path, resume=True)
    one, other = whole.state(), second.state()
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert int(one["stage/Counting/count"]) == 12
    snapshot = read_snapshot(RunFolder(tmp_path).last)
    assert {"in->hidden.magnitude", "hidden.x"} <= snapshot.parameters().keys()


def test_a_checkpoint_of_other_stages_is_refused(tmp_path: Path) -> None:
    sim = network(stages(), dt=1.0)
    gp.fit(sim, data(), epochs=1, progress=False, run=tmp_path)
    with pytest.raises(CheckpointError, match=r"hidden\.x"):
        load_checkpoint(RunFolder(tmp_path).last, network([], dt=1.0), only="parameters")
    with pytest.raises(CheckpointError, match=r"another stage.*Counting"):
        network(stages()[:3], dt=1.0).restore(sim.state())


def test_a_saved_folder_holds_expressions_and_names_code(tmp_path: Path) -> None:
    sim = network([distance()], dt=1.0)
    sim.gradients(batch())
    sim.step()
    again = gp.load(gp.save(sim, tmp_path / "told"))
    assert again.gradients(batch())[0] == sim.gradients(batch())[0]
    coded = network([Signed("in->hidden"), distance()], dt=1.0)
    place = gp.save(coded, tmp_path / "code")
    with pytest.raises(ConfigurationError, match=r"code.*Signed"):
        gp.load(place)
    with pytest.raises(ConfigurationError, match="was given"):
        gp.load(place, stages=[distance()])
    again = gp.load(place, stages=[Signed("in->hidden"), distance()])
    assert again.gradients(batch())[0] == coded.gradients(batch())[0]


@pytest.mark.parametrize("fault", [CheckpointError("mine"), KeyError("theirs")])
def test_a_stage_that_cannot_be_restored_leaves_everything_as_it_was(fault: Exception) -> None:
    def compiled() -> gp.Simulator:
        made = network([distance(), Counting(), Unwilling(fault)], backend="reference", dt=1.0)
        made.gradients(batch())
        made.step()
        return made

    sim, other = compiled(), compiled()
    other.gradients(batch())
    other.step()
    before = sim.state()
    with pytest.raises(CheckpointError, match=r"mine|Unwilling"):
        sim.restore(other.state())
    after = sim.state()
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)
