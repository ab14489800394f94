"""GeNN on a GPU: its code compiles, and where a GPU can be used it computes the interpreter's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import genprop as gp
from genprop.backends.genn.compiled import compiled
from genprop.backends.genn.pygenn import devices
from genprop.errors import ToolchainError
from genprop.testing import contract

if TYPE_CHECKING:
    from genprop.testing.contract import Case

pytestmark = [
    pytest.mark.device,
    pytest.mark.slow,
    pytest.mark.skipif("cuda" not in devices(), reason="PyGeNN is not here with its CUDA backend"),
]
DOUBLE = gp.GeNN(device="cuda", precision="double")
CASES = contract.cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_code_for_cuda_compiles_without_being_loaded(case: Case) -> None:
    """GeNN asks the driver for the GPU's kind before it writes code; without one it cannot."""
    chosen = case.example
    reference = contract.simulator("reference", case)
    bundle = DOUBLE.render(reference.program)
    try:
        assert compiled(bundle, chosen.spec(), "cuda", 8).is_dir()
    except ToolchainError as error:
        if "driver" in str(error).lower() or "no CUDA-capable device" in str(error):
            pytest.skip("no driver or GPU here that GeNN could ask for its kind")
        raise


@pytest.mark.parametrize("case", CASES, ids=str)
def test_double_on_the_gpu_equals_the_interpreter(case: Case) -> None:
    try:
        contract.check_spikes(DOUBLE, case)
    except ToolchainError as error:
        pytest.skip(f"no GPU can be used: {error.what.splitlines()[-1]}")
    contract.check_loss(DOUBLE, case, 1e-9)
    contract.check_gradients(DOUBLE, case, 1e-9)
