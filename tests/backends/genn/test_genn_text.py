"""The rendered PyGeNN programs as text, where no PyGeNN is needed: Python, complete, consistent."""

from __future__ import annotations

import ast
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genprop.adjoint.derive import derive
from genprop.backends.genn import GeNN
from genprop.backends.genn.connectivity import connectivity_pairs
from genprop.describe.update import SGD, Adam
from genprop.equations.analyse import understand
from genprop.lower.clocks.grid import TimeGrid
from genprop.lower.network import lower
from genprop.numerics.constants import numbers
from genprop.testing.zoo import NAMES, example
from tests.backends.genn.stub_pygenn import stub_pygenn

if TYPE_CHECKING:
    from pathlib import Path

    from genprop.describe.spec import NetworkSpec
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.program import Program

ALLOWED = {"argparse", "dataclasses", "numpy", "os", "pathlib", "pygenn"}


@cache
def rendered(name: str) -> tuple[NetworkSpec, Program, SourceBundle]:
    """With Adam for weights and SGD for all else, so that every kind of update is in the text."""
    chosen = example(name)
    spec = chosen.network.freeze(chosen.loss, {"weight": Adam(), "default": SGD()})
    adjoint = derive(understand(spec), spec)
    program = lower(spec, adjoint, clock=TimeGrid.of(1.0, chosen.duration), solver=chosen.solver)
    return spec, program, GeNN().render(program)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_python_that_imports_its_siblings_numpy_and_pygenn_alone(name: str) -> None:
    _, _, bundle = rendered(name)
    siblings = {path.removesuffix(".py") for path, _ in bundle.files}
    for path, text in bundle.files:
        tree = ast.parse(text, path)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found = {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found = {str(node.module)}
            else:
                continue
            assert found <= ALLOWED | siblings, path


@pytest.mark.parametrize("name", NAMES)
def test_models_and_groups_fit_together(name: str, tmp_path: Path) -> None:
    spec, program, bundle = rendered(name)
    bundle.write(tmp_path)
    with stub_pygenn(tmp_path):
        model = import_module("model").describe("cpu", 1, connectivity_pairs(spec))
    assert len(model.neuron_populations) == len(program.populations)
    assert len(model.synapse_populations) == len(program.projections)
    for group in model.synapse_populations.values():
        assert group.delayed == group.delays, "delayed synapses need a longest delay"
        assert group.connected == (group.kind == "SPARSE")
    learned = [n for n in model.custom_updates if n.startswith("update_")]
    assert len(learned) == sum(p.learned for p in spec.parameters())


def test_the_stub_finds_a_name_that_nobody_declared(tmp_path: Path) -> None:
    spec, _, bundle = rendered("recurrent")
    bundle.write(tmp_path)
    broken = (tmp_path / "neurons.py").read_text().replace("v_from_I", "v_from_J", 1)
    (tmp_path / "neurons.py").write_text(broken)
    with stub_pygenn(tmp_path), pytest.raises(AssertionError, match="v_from_I"):
        import_module("model").describe("cpu", 1, connectivity_pairs(spec))


@pytest.mark.parametrize("name", NAMES)
def test_rendered_constants_are_the_programs(name: str, tmp_path: Path) -> None:
    _, program, bundle = rendered(name)
    bundle.write(tmp_path)
    parameters = dict(example(name).parameters())
    with stub_pygenn(tmp_path):
        constants = import_module("constants")
        for population in program.populations:
            if population.source:
                continue
            due = numbers(population, parameters, program.dt)
            found = getattr(constants, population.name)(parameters)
            for key, value in due.items():
                np.testing.assert_allclose(found[key], value, rtol=1e-12, atol=1e-15, err_msg=key)


def test_the_text_depends_on_device_and_precision_alone() -> None:
    _, program, bundle = rendered("recurrent")
    assert GeNN(tape=5).render(program) == bundle
    assert GeNN(precision="double").render(program) != bundle
