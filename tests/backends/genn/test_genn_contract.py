"""GeNN's CPU backend against the interpreter, over the whole zoo, in double and in float.

Tolerances are those of the native backend, and for its reasons; spikes of flows that are not linear
happen at the ends of steps here, as in the interpreter that does not locate them. What a delay to
an integral readout is worth is the difference of two adjoints that nearly cancel: in ``izhikevich``
at 0.1 ms 0.0056 of 0.27, so that 600 steps leave an error of nine roundings of the terms, 2.7e-5 of
the largest entry, where native, with fused operations, keeps 2.0e-5; in ``budgeted`` 3e-5 and
1.8e-5. Both are within 1e-9 in double.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import genprop as gp
from genprop.backends.genn.pygenn import INSTALL, devices
from genprop.testing import contract
from genprop.testing.contract import Case

if TYPE_CHECKING:
    from genprop.describe.update import Update

pytestmark = [
    pytest.mark.skipif("cpu" not in devices(), reason=f"PyGeNN is not installed: {INSTALL}"),
    pytest.mark.slow,
]

DOUBLE, FLOAT = gp.GeNN(precision="double"), gp.GeNN(precision="float")
C, D = 1e-9, 2e-5
ROUNDING, NEARLY_CANCELS = 16, 6e-5
CANCELLING = ("budgeted", "izhikevich")

CASES = [c for c in contract.cases() if not c.example.plastic]
FEW = [c for c in CASES if c.name in ("recurrent", "refractory", "delta_synapse", "branched")]
SUMS = [c for c in CASES if c.name in ("recurrent", "refractory", "highest", "coupled")]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_double_equals_the_interpreter(case: Case) -> None:
    contract.check_spikes(DOUBLE, case)
    contract.check_states(DOUBLE, case, C)
    contract.check_loss(DOUBLE, case, C)
    contract.check_gradients(DOUBLE, case, C)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_float_equals_the_interpreter(case: Case) -> None:
    contract.check_spikes(FLOAT, case)
    contract.check_states(FLOAT, case, D, ROUNDING)
    contract.check_loss(FLOAT, case, D)
    allowed = NEARLY_CANCELS if case.name in CANCELLING else D
    contract.check_gradients(FLOAT, case, allowed, ROUNDING)


@pytest.mark.parametrize("case", FEW, ids=str)
def test_one_trial_four_times_is_the_same_to_the_bit(case: Case) -> None:
    contract.check_determinism(FLOAT, case)
    contract.check_clean_start(FLOAT, case)


@pytest.mark.parametrize("case", SUMS, ids=str)
def test_batch_is_the_mean_of_its_samples_in_any_order(case: Case) -> None:
    contract.check_samples(DOUBLE, case, C)


@pytest.mark.parametrize(
    "update",
    [gp.SGD(1e-2, momentum=0.9), gp.Adam(1e-2), gp.AdamW(1e-2, 0.5)],
    ids=["sgd", "adam", "adamw"],
)
@pytest.mark.parametrize("name", ["per_neuron", "branched"])
def test_optimisers_step_as_the_interpreter_does(name: str, update: Update) -> None:
    contract.check_updates(DOUBLE, Case(name, 0.1), update, 1e-12)
