"""Levels C and D: generated code against the interpreter, over the whole zoo, in double and float.

Generated code computes the interpreter's steps in the same order, so in double only the rounding of
fused operations is left. In float a state carries about 1e-7, which the division by the rate of a
crossing and a sum of hundreds of arrivals raise to 1e-5 of the largest gradient; that needs every
spike in the same step, so no potential may come within 1e-7 of its threshold at the end of a step.

A crossing at rate r takes the rounding of its potential divided by r: 1e-6 at 0.01/ms is a spike
1e-4 ms early, and an upstroke of Izhikevich's neuron multiplies deviations by some hundred. So what
is allowed in float is 2e-5 and sixteen times what the last place of the parameters makes of the
interpreter's own result. In ``budgeted`` ∂L/∂t of the arrivals at an integral readout nearly
cancels over the spikes, and rounding is a larger part of what is left.

The libraries are compiled with -Og here. That -O3, which vectorises, computes the same is held by
three networks in every run, in double and in float, and by the whole zoo in the nightly one. With
-Og, double is held in every run by the networks that have together every readout and every kind of
statement (all but ``VARIANTS``, whose statements are those of others with other numbers, or more
of them), and float by those in ``IN_FLOAT`` beside the three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import genprop as gp
from genprop.testing import contract
from genprop.testing.contract import Case

if TYPE_CHECKING:
    from genprop.describe.update import Update

DOUBLE, FLOAT = gp.Native(precision="double"), gp.Native(precision="float")
C, D = 1e-9, 2e-5
ROUNDING = 16
NEARLY_CANCELS = 6e-5

CASES = contract.cases()
VARIANTS = (
    *("alpha_synapse", "delta_readout", "double_time_constant", "equal_time_constants"),
    *("feed_forward", "frozen", "integrate_and_fire", "izhikevich", "regression"),
    *("slow_synapse", "spiking_final"),
)
ALWAYS = tuple(case.name for case in CASES if case.name not in VARIANTS)
IN_FLOAT = ("recurrent", "refractory", "spiking_trace", "time_to_first_spike", "budgeted")
FEWEST = ("branched", "coupled", "quadratic")


def by_night(names: tuple[str, ...]) -> list[object]:
    """All networks; those that are not named wait for the night."""
    marks = {c: () if c.name in names else pytest.mark.nightly for c in CASES}
    return [pytest.param(c, id=str(c), marks=marks[c]) for c in CASES]


SUMS = [case for case in CASES if case.name in ("recurrent", "refractory", "highest", "coupled")]


def in_float(case: Case) -> float:
    return NEARLY_CANCELS if case.name == "budgeted" else D


@pytest.mark.parametrize("case", by_night(ALWAYS))
def test_double_equals_the_interpreter(case: Case) -> None:
    contract.check_spikes(DOUBLE, case)
    contract.check_states(DOUBLE, case, C)
    contract.check_loss(DOUBLE, case, C)
    contract.check_gradients(DOUBLE, case, C)


@pytest.mark.parametrize("case", by_night(IN_FLOAT))
def test_float_equals_the_interpreter(case: Case) -> None:
    contract.check_spikes(FLOAT, case)
    contract.check_states(FLOAT, case, D, ROUNDING)
    contract.check_loss(FLOAT, case, D)
    contract.check_gradients(FLOAT, case, in_float(case), ROUNDING)


@pytest.mark.slow
@pytest.mark.usefixtures("production_flags")
@pytest.mark.parametrize("case", by_night(FEWEST))
def test_optimised_code_equals_the_interpreter(case: Case) -> None:
    for backend, tolerance, rounding in ((DOUBLE, C, 0), (FLOAT, in_float(case), ROUNDING)):
        contract.check_spikes(backend, case)
        contract.check_gradients(backend, case, tolerance, rounding)
        contract.check_determinism(backend, case)


@pytest.mark.parametrize("case", by_night(ALWAYS))
def test_one_trial_four_times_is_the_same_to_the_bit(case: Case) -> None:
    backend = FLOAT if case.name in IN_FLOAT else DOUBLE
    contract.check_determinism(backend, case)
    contract.check_clean_start(backend, case)


@pytest.mark.parametrize("case", SUMS, ids=str)
def test_batch_is_the_mean_of_its_samples_in_any_order(case: Case) -> None:
    contract.check_samples(DOUBLE, case, C)
    contract.check_samples("reference", case, C)


@pytest.mark.parametrize(
    "update", [gp.SGD(1e-2), gp.Adam(1e-2), gp.AdamW(1e-2, 0.5)], ids=["sgd", "adam", "adamw"]
)
def test_optimisers_step_as_the_interpreter_does(update: Update) -> None:
    contract.check_updates(DOUBLE, Case("recurrent", 0.1), update, 1e-12)


def test_a_batch_mean_is_refused_as_a_sum_over_samples() -> None:
    with pytest.raises(contract.ContractError, match="no sum over samples"):
        contract.check_samples(DOUBLE, Case("budgeted", 0.1), C)
