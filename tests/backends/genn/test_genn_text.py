"""The rendered PyGeNN programs as text, where no PyGeNN is needed: Python, complete, consistent."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genprop.adjoint.derive import derive
from genprop.backends.genn import GeNN
from genprop.backends.genn.connectivity import connectivity_pairs
from genprop.describe.topology import initial_topology
from genprop.describe.update import SGD, Adam
from genprop.equations.analyse import understand
from genprop.lower.clocks.grid import TimeGrid
from genprop.lower.network import lower
from genprop.numerics.constants import numbers
from genprop.testing.zoo import example, examples
from tests.backends.genn.stub_pygenn import stub_pygenn

if TYPE_CHECKING:
    from pathlib import Path

    from genprop.describe.spec import NetworkSpec
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.program import Program

NAMES = [e.name for e in examples() if not e.plastic]
ALLOWED = {
    "argparse",
    "collections.abc",
    "contextlib",
    "dataclasses",
    "importlib",
    "importlib.util",
    "numpy",
    "os",
    "pathlib",
    "pygenn",
    "sys",
}


@cache
def rendered(name: str) -> tuple[NetworkSpec, Program, SourceBundle]:
    """With Adam for weights and SGD for all else, so that every kind of update is in the text."""
    chosen = example(name)
    spec = chosen.network.freeze(chosen.loss, {"weight": Adam(), "default": SGD()})
    adjoint = derive(understand(spec), spec)
    program = lower(spec, adjoint, clock=TimeGrid.of(1.0, chosen.duration), solver=chosen.solver)
    return spec, program, GeNN().render(program)


@pytest.mark.parametrize("name", NAMES)
def test_a_bundle_is_a_package_that_imports_numpy_and_pygenn_alone(name: str) -> None:
    """Beside it, network.py is the command line; inside, modules name each other relatively."""
    _, _, bundle = rendered(name)
    package = dict(bundle.metadata)["package"]
    assert {path.split("/")[0] for path, _ in bundle.files} == {"network.py", package}
    modules = {path.split("/")[-1].removesuffix(".py") for path, _ in bundle.files}
    for path, text in bundle.files:
        inside = path != "network.py"
        for node in ast.walk(ast.parse(text, path)):
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= ALLOWED, path
            elif isinstance(node, ast.ImportFrom) and node.level:
                named = {node.module} if node.module else {alias.name for alias in node.names}
                assert inside and node.level == 1 and named <= modules, path
            elif isinstance(node, ast.ImportFrom):
                assert node.module in ALLOWED or (not inside and _inside(node.module, package))


def _inside(module: str | None, package: str) -> bool:
    return module is not None and module.split(".")[0] == package


@pytest.mark.parametrize("name", NAMES)
def test_models_and_groups_fit_together(name: str, tmp_path: Path) -> None:
    spec, program, bundle = rendered(name)
    bundle.write(tmp_path)
    with stub_pygenn(tmp_path) as module:
        model = module("model").describe("cpu", 1, connectivity_pairs(initial_topology(spec)))
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
    neurons = tmp_path / dict(bundle.metadata)["package"] / "neurons.py"
    neurons.write_text(neurons.read_text().replace("v_from_I", "v_from_J", 1))
    with stub_pygenn(tmp_path) as module, pytest.raises(AssertionError, match="v_from_I"):
        module("model").describe("cpu", 1, connectivity_pairs(initial_topology(spec)))


@pytest.mark.parametrize("name", NAMES)
def test_rendered_constants_are_the_programs(name: str, tmp_path: Path) -> None:
    _, program, bundle = rendered(name)
    bundle.write(tmp_path)
    parameters = dict(example(name).parameters())
    with stub_pygenn(tmp_path) as module:
        constants = module("constants")
        for population in program.populations:
            if population.source:
                continue
            due = numbers(population, parameters, program.dt)
            found = getattr(constants, population.name)(parameters)
            for key, value in due.items():
                np.testing.assert_allclose(found[key], value, rtol=1e-12, atol=1e-15, err_msg=key)


def test_optimisers_that_differ_by_a_setting_are_one_model() -> None:
    chosen = example("feed_forward")
    optimiser = {"weight": SGD(0.1), "default": SGD(0.2, momentum=0.9)}
    spec = chosen.network.freeze(chosen.loss, optimiser)
    clock = TimeGrid.of(1.0, chosen.duration)
    bundle = GeNN().render(lower(spec, derive(understand(spec), spec), clock=clock))
    text = bundle.text(f"{dict(bundle.metadata)['package']}/updates.py")
    assert text.count('"sgd",') == 1
    assert text.count('{"rate": 0.1, "momentum": 0.0}') == 2
    assert text.count('{"rate": 0.2, "momentum": 0.9}') == 2


def test_the_text_depends_on_device_and_precision_alone() -> None:
    _, program, bundle = rendered("recurrent")
    assert GeNN(tape=5).render(program) == bundle
    assert GeNN(precision="double").render(program) != bundle
