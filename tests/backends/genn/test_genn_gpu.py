"""GeNN on a GPU: its code compiles, and where a GPU can be used it computes the interpreter's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import genprop as gp
from genprop.backends.genn.compiled import compiled
from genprop.backends.genn.pygenn import devices
from genprop.describe.topology import initial_topology
from genprop.errors import ToolchainError
from genprop.testing import contract
from tests.backends.genn.stub_gpu_driver import gpu_is_here, stub_gpu_driver

if TYPE_CHECKING:
    from pathlib import Path

    from genprop.testing.contract import Case

pytestmark = [
    pytest.mark.device,
    pytest.mark.slow,
    pytest.mark.skipif("cuda" not in devices(), reason="PyGeNN is not here with its CUDA backend"),
]
DOUBLE = gp.GeNN(device="cuda", precision="double")
CASES = [c for c in contract.cases() if not c.example.plastic]


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """The library that stands for a GPU where none is; None where one is."""
    if gpu_is_here():
        return None
    found = stub_gpu_driver(tmp_path_factory.mktemp("stub"))
    if found is None:
        pytest.skip("no GPU here, and no headers of CUDA to compile a stub driver")
    return found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_code_for_cuda_compiles_without_being_loaded(
    case: Case, stub: Path | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GeNN asks the driver for the GPU's kind before it writes code; without one, the stub answers.

    What is compiled for the stub stays out of the cache, where a true GPU would find it.
    """
    chosen = case.example
    reference = contract.simulator("reference", case)
    bundle = DOUBLE.render(reference.program)
    if stub is not None:
        monkeypatch.setenv("LD_PRELOAD", str(stub))
        monkeypatch.setenv("GENPROP_CACHE", str(tmp_path))
    assert compiled(bundle, initial_topology(chosen.spec()), "cuda", 8).is_dir()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_double_on_the_gpu_equals_the_interpreter(case: Case) -> None:
    try:
        contract.check_spikes(DOUBLE, case)
    except ToolchainError as error:
        pytest.skip(f"no GPU can be used: {error.what.splitlines()[-1]}")
    contract.check_loss(DOUBLE, case, 1e-9)
    contract.check_gradients(DOUBLE, case, 1e-9)
