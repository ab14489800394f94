from __future__ import annotations

from pathlib import Path

import pytest

import genprop as gp
from genprop import adjoint, ms, mV
from genprop.describe import objective
from genprop.describe.objective import FirstSpikeCrossEntropy, Loss
from genprop.errors import DescriptionError, DimensionError


def test_losses_add_up_and_take_factors() -> None:
    loss = gp.CrossEntropy(gp.integral("out", "v")) + 1e-9 * gp.SpikeBudget("hidden", per_trial=14)
    first, second = loss.terms
    assert (first.coefficient, first.kind, first.readout.kind) == (1.0, "cross_entropy", "integral")
    assert (second.coefficient, second.kind) == (1e-9, "spike_budget")
    assert (second.readout.kind, second.readout.population) == ("mean_count", "hidden")
    assert second.options == (("per_trial", 14.0),)
    assert [t.coefficient for t in (2 * loss).terms] == [2.0, 2e-9]
    assert sum([loss, loss], start=Loss(())).terms == loss.terms * 2
    assert sum([loss, loss]) == loss + loss


def test_options_are_numbers_in_base_units() -> None:
    early = gp.EarlySpike(gp.first_spike("out"), 0.01, 0.02 * gp.s)
    assert dict(early.terms[0].options) == {"alpha": 0.01, "tau": 20.0}
    assert gp.CrossEntropy(gp.first_spike("out"), tau0=2).terms[0].options == (("tau0", 2.0),)
    apart = gp.RelativeMeanSquare(gp.first_spike("out"), 5 * ms)
    assert apart.terms[0].options == (("delta", 5.0),)


def test_first_spike_cross_entropy_is_the_sum_of_its_parts() -> None:
    made = FirstSpikeCrossEntropy("out", 2 * ms, alpha=0.1, tau1=5 * ms)
    readout = gp.first_spike("out")
    parts = gp.CrossEntropy(readout, tau0=2) + gp.EarlySpike(readout, 0.1, 5)
    assert made == parts
    assert len(FirstSpikeCrossEntropy("out", 2).terms) == 1


def test_every_kind_is_a_file_of_the_adjoint() -> None:
    room = Path(adjoint.__path__[0])
    made = [
        gp.CrossEntropy(gp.integral("p")),
        gp.CrossEntropy(gp.weighted_integral("p")),
        gp.CrossEntropy(gp.maximum("p")),
        gp.MeanSquare(gp.final("p")),
        gp.MeanSquare(gp.trace("p")),
        gp.CrossEntropy(gp.spike_count("p")),
        gp.EarlySpike(gp.first_spike("p"), 1, 1),
        gp.RelativeMeanSquare(gp.first_spike("p"), 0),
        gp.SpikeBudget("p", 1),
        gp.SoftCrossEntropy(gp.integral("p")),
    ]
    for loss in made:
        (term,) = loss.terms
        assert (room / "losses" / f"{term.kind}.py").is_file()
        assert (room / "readouts" / f"{term.readout.kind}.py").is_file()


def test_unsound_losses_are_refused() -> None:
    with pytest.raises(DescriptionError, match="tau0"):
        gp.CrossEntropy(gp.first_spike("out"))
    with pytest.raises(DescriptionError, match="tau0"):
        gp.CrossEntropy(gp.integral("out"), tau0=2)
    with pytest.raises(DescriptionError, match="looks at first_spike"):
        gp.EarlySpike(gp.integral("out"), 1, 1)
    with pytest.raises(DescriptionError, match="looks at first_spike"):
        gp.RelativeMeanSquare(gp.integral("out"), 1)
    with pytest.raises(DimensionError, match="tau0 is declared in ms"):
        gp.CrossEntropy(gp.first_spike("out"), tau0=2 * mV)
    with pytest.raises(DescriptionError, match="above 0"):
        gp.CrossEntropy(gp.first_spike("out"), tau0=0)
    with pytest.raises(DescriptionError, match="cannot be"):
        gp.SpikeBudget("out", -1)


def test_all_names_are_public() -> None:
    assert set(objective.__all__) - {"Loss", "FirstSpikeCrossEntropy"} <= set(gp.__all__)
