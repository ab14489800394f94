"""A saved graded network, and one whose training was interrupted, go on bit by bit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

import genprop as gp
from genprop.errors import CheckpointError, ConfigurationError
from genprop.train.callbacks import Callback, Training
from tests.graded.networks import CLASSES, DOUBLE, Problem

if TYPE_CHECKING:
    from pathlib import Path

    from genprop.runtime.graded import GradedSimulator


def same(ours: gp.Simulator, theirs: gp.Simulator) -> bool:
    a, b = ours.state(), theirs.state()
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("backend", [DOUBLE, "reference"])
def test_a_loaded_network_goes_on_bit_by_bit(backend: object, tmp_path: Path) -> None:
    problem = Problem(grouped=True, learned=True)
    sim = problem.compiled(backend, classifier=True, tolerance=1e-5)
    sim.gradients(problem.samples)
    sim.step()
    again = gp.load(gp.save(sim, tmp_path / "kept"))
    assert again.program == sim.program
    assert cast("GradedSimulator", again).tolerance == 1e-5
    assert same(sim, again)
    for one in (sim, again):
        one.gradients(problem.samples)
        one.step()
    assert same(sim, again)
    assert sim.run(problem.samples).loss == again.run(problem.samples).loss


def edited(folder: Path, **changes: object) -> None:
    path = folder / "network.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_text_of_other_code_is_rendered_anew_unless_it_was_edited(tmp_path: Path) -> None:
    problem = Problem(grouped=False)
    sim = problem.compiled(tolerance=1e-5)
    folder = gp.save(sim, tmp_path / "kept")
    edited(folder, code="of before")
    again = gp.load(folder)
    assert again.program == sim.program and same(sim, again)
    assert again.run(problem.samples, record=["atoms.a"]).recorded.keys() == {"atoms.a"}
    source = folder / "interface.cpp"
    source.write_text(source.read_text() + "// mine\n")
    with pytest.raises(ConfigurationError, match="were edited, and another version"):
        gp.load(folder)


def test_what_was_edited_is_what_runs(tmp_path: Path) -> None:
    """Planted: soft thresholds that are twice as high are another code."""
    problem = Problem(grouped=False)
    sim = problem.compiled(tolerance=1e-6)
    folder = gp.save(sim, tmp_path / "kept")
    source = folder / "populations" / "atoms.hpp"
    text = source.read_text()
    read = "const Real gamma = batch.atoms_gamma;"
    assert read in text
    source.write_text(text.replace(read, "const Real gamma = 2 * batch.atoms_gamma;"))
    found = gp.load(folder).run(problem.samples, record=["atoms.a"]).recorded["atoms.a"]
    problem.gamma *= 2
    assert np.abs(np.asarray(found) - problem.code).max() < 1e-3


def test_a_description_with_another_program_is_refused(tmp_path: Path) -> None:
    sim = Problem(grouped=False).compiled("reference")
    folder = gp.save(sim, tmp_path / "kept")
    program = json.loads((folder / "network.json").read_text())["program"]
    program["populations"][1]["size"] += 1
    edited(folder, program=program)
    with pytest.raises(ConfigurationError, match="do not belong together"):
        gp.load(folder)


class Stopped(Callback):
    """Interrupts after so many batches."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_batch_end(self, training: Training) -> None:
        """As a user would."""
        if training.step == self.step:
            raise KeyboardInterrupt


def test_an_interrupted_training_resumes_bit_by_bit(tmp_path: Path) -> None:
    problem = Problem(grouped=False, learned=True, batch=200)
    data = gp.data.Dataset(problem.samples, CLASSES, name="draws")

    def trained(run: str, *callbacks: Callback, resume: bool = False) -> gp.Simulator:
        sim = problem.compiled(classifier=True, tolerance=1e-4)
        gp.fit(sim, data, data, epochs=2, seed=3, run=tmp_path / run, callbacks=callbacks,
               resume=resume, progress=False)  # fmt: skip
        return sim

    with pytest.raises(KeyboardInterrupt):
        trained("stopped", Stopped(5))
    whole, resumed = trained("whole"), trained("stopped", resume=True)
    assert whole.updates == 8 and same(whole, resumed)
    other = Problem(grouped=True, learned=True).compiled(classifier=True)
    with pytest.raises(CheckpointError, match="another network"):
        gp.train.load_checkpoint(tmp_path / "whole" / "checkpoints" / "last.h5", other)
