"""What acts while a network learns does what its formula says."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop.describe.spec import PatternSpec
from genprop.describe.topology import beginning
from genprop.errors import ConfigurationError
from genprop.train.callbacks import Callback, Training
from genprop.train.clip import Clip
from genprop.train.evaluate import evaluate
from genprop.train.fit import fit
from genprop.train.plateau import DualEMAPlateau, Plateau
from genprop.train.revive import ReviveSilent
from genprop.train.saving import Checkpoint
from genprop.train.schedule import Cosine, Exponential, ExponentialWarmup, Schedule
from genprop.train.stopping import EarlyStopping
from tests.train.fake import FakeSimulator, H, W, counts_task, equal_states


class Rates(Callback):
    """Keeps the rate at every batch, and the gradient's norm after what came before."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.norms: list[float] = []
        self.largest: list[float] = []

    def on_gradients(self, training: Training) -> None:
        self.rates.append(training.sim.settings[W]["rate"])
        self.norms.append(float(np.linalg.norm(training.gradients[W])))
        self.largest.append(float(np.abs(training.gradients[W]).max()))


class Script(Callback):
    """Plays the values of a metric, one per epoch."""

    def __init__(self, metric: str, values: list[float]) -> None:
        self.metric, self.values = metric, values

    def on_epoch_end(self, training: Training) -> None:
        training.metrics[self.metric] = self.values[training.epoch - 1]


def rates_of(schedule: Schedule, epochs: int = 3, script: Script | None = None) -> list[float]:
    """The factor of every batch; an epoch has 6."""
    watch, sim = Rates(), FakeSimulator(rate=0.05)
    before = [] if script is None else [script]
    fit(sim, counts_task(), epochs=epochs, callbacks=[*before, schedule, watch], progress=False)
    return [rate / 0.05 for rate in watch.rates]


def test_the_warmup_rises_exponentially_to_the_full_rate() -> None:
    factors = rates_of(ExponentialWarmup(10, start=1e-3))
    expected = [1e-3 ** max(1 - n / 10, 0) for n in range(18)]
    assert factors == pytest.approx(expected, rel=1e-12)


def test_exponential_decays_per_epoch() -> None:
    assert rates_of(Exponential(0.5))[::6] == pytest.approx([1.0, 0.5, 0.25])


def test_cosine_ends_at_its_final_factor() -> None:
    factors = rates_of(Cosine(final=0.1))
    expected = [0.1 + 0.45 * (1 + math.cos(math.pi * n / 18)) for n in range(18)]
    assert factors == pytest.approx(expected)


def test_a_plateau_is_left_with_a_lower_rate() -> None:
    script = Script("valid.accuracy", [0.5, 0.6, 0.6, 0.5, 0.55, 0.7, 0.1])
    factors = rates_of(Plateau(patience=2, by=0.1), 7, script)
    assert factors[::6] == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.1])


def test_the_rate_halves_while_the_fast_average_is_worse_than_the_slow_one() -> None:
    values = [0.1, 0.5, 0.9, 0.2, 0.1, 0.1, 0.1, 0.9]
    fast, slow, worse, factor, expected = 0.1, 0.1, 0, 1.0, [1.0]
    for value in values[1:]:
        expected.append(factor)
        fast, slow = fast + (value - fast) / 1.5, slow + (value - slow) / 4.0
        worse = worse + 1 if fast < slow else 0
        if worse == 2:
            worse, factor = 0, factor / 2
    schedule = DualEMAPlateau(fast=1.5, slow=4.0, patience=2)
    found = rates_of(schedule, 8, Script("valid.accuracy", values))[::6]
    assert found == pytest.approx(expected)
    assert min(found) < 1.0


def test_the_averages_take_a_loss_the_other_way_round() -> None:
    falling = Script("valid.loss", [1.0, 0.9, 0.8, 0.7, 0.6])
    rising = Script("valid.loss", [0.6, 0.7, 0.8, 0.9, 1.0])
    for script, final in ((falling, 1.0), (rising, 0.25)):
        schedule = DualEMAPlateau(metric="valid.loss", fast=1.5, slow=4.0, patience=2)
        rates_of(schedule, 5, script)
        assert schedule.factor(Training(FakeSimulator(), None, 1)) == final  # type: ignore[arg-type]


def test_schedules_multiply_and_choose_their_parameters() -> None:
    watch, sim = Rates(), FakeSimulator(rate=0.05)
    schedules = [Exponential(0.5, "input->out.weight"), Exponential(0.1)]
    history = fit(sim, counts_task(), epochs=2, callbacks=[*schedules, watch], progress=False)
    assert watch.rates[6] == pytest.approx(0.05 * 0.05)
    assert sim.settings[H]["rate"] == pytest.approx(0.05 * 0.1)
    assert history[f"rate.{W}"].tolist() == pytest.approx([0.05, 0.05 * 0.05])


def test_unknown_parameters_and_metrics_are_named() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'weight'"):
        rates_of(Exponential(0.5, "wieght"))
    with pytest.raises(ConfigurationError, match="no validation samples"):
        rates_of(Plateau())


def test_clipping_by_norm_bounds_the_norm_and_reports_how_often() -> None:
    free, watch, clip = Rates(), Rates(), Clip(norm=0.3)
    fit(FakeSimulator(rate=0.0), counts_task(), epochs=1, callbacks=[free], progress=False)
    history = fit(
        FakeSimulator(rate=0.0), counts_task(), epochs=1, callbacks=[clip, watch], progress=False
    )
    expected = np.minimum(free.norms, 0.3)
    assert watch.norms == pytest.approx(expected)
    assert history["clip.acted"][0] == np.mean(np.array(free.norms) > 0.3)
    assert 0 < history["clip.acted"][0] <= 1
    assert history["clip.norm"][0] == pytest.approx(np.mean(free.norms))


def test_clipping_by_value_bounds_every_element() -> None:
    free, watch = Rates(), Rates()
    fit(FakeSimulator(rate=0.0), counts_task(), epochs=1, callbacks=[free], progress=False)
    limit = float(np.median(free.largest))
    callbacks = [Clip(value=limit), watch]
    history = fit(
        FakeSimulator(rate=0.0), counts_task(), epochs=1, callbacks=callbacks, progress=False
    )
    assert watch.largest == pytest.approx(np.minimum(free.largest, limit))
    assert history["clip.acted"][0] == np.mean(np.array(free.largest) > limit)


@pytest.mark.parametrize("wrong", [{}, {"norm": 1.0, "value": 1.0}, {"norm": -1.0}])
def test_clip_takes_one_positive_bound(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        Clip(**wrong)  # pyright: ignore[reportArgumentType]


def test_silent_neurons_are_raised_before_the_next_epoch_and_others_are_not() -> None:
    sim = FakeSimulator()
    history = fit(sim, counts_task(), epochs=3, callbacks=[ReviveSilent(0.25)], progress=False)
    assert np.allclose(sim.parameters[H][:, :2], [1.0, 0.5])
    assert history["revived.hidden"][0] == 1
    raised = 0.25 * np.count_nonzero(history["revived.hidden"][:-1])
    assert np.allclose(sim.parameters[H][:, 2], raised), "the last epoch's silence waits"


def test_reviving_in_a_sparse_projection_reaches_the_silent_neurons_entries() -> None:
    sim = FakeSimulator()
    projection = sim.spec.projections[0]
    pattern = PatternSpec("sparse", np.array([0, 2, 4]), np.array([0, 2, 1, 2], np.int32))
    weight = type(projection.weight)(H, "weight", "weight", (4,), projection.weight.initial)
    sparse = type(projection)("p", "input", "hidden", "exp", pattern, weight, None, 0.0)
    sim.parameters.arrays[H] = np.zeros(4)
    sim.topology["p"] = beginning(pattern, 2, 3)
    ReviveSilent(0.5)._raise(Training(sim, None, 1), sparse, np.array([2]))  # type: ignore[arg-type]
    assert sim.parameters[H].tolist() == [0.0, 0.5, 0.0, 0.5]


def test_reviving_refuses_what_does_not_spike() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'hidden'"):
        fit(
            FakeSimulator(),
            counts_task(),
            epochs=1,
            callbacks=[ReviveSilent(populations="hiden")],
            progress=False,
        )


def test_early_stopping_ends_at_the_best_parameters(tmp_path: Path) -> None:
    sim = FakeSimulator(rate=0.5)
    train, valid = counts_task(), counts_task(20, 1)
    stopping = EarlyStopping("valid.loss", patience=2)
    saver = Checkpoint(tmp_path / "c.h5", best="valid.loss")
    history = fit(sim, train, valid, epochs=60, callbacks=[stopping, saver], progress=False)
    assert len(history) < 60
    assert len(history) == stopping.best_epoch + 2
    assert evaluate(sim, valid).loss == history.best("valid.loss").metrics["valid.loss"]


def test_a_stopped_training_stays_stopped_when_resumed(tmp_path: Path) -> None:
    train, valid = counts_task(), counts_task(20, 1)

    def train_on(resume: bool) -> tuple[FakeSimulator, int]:
        sim = FakeSimulator(rate=0.5)
        callbacks = [
            EarlyStopping("valid.loss", patience=2),
            Checkpoint(tmp_path / "c.h5", best="valid.loss"),
        ]
        history = fit(
            sim, train, valid, epochs=60, callbacks=callbacks, resume=resume, progress=False
        )
        return sim, len(history)

    first, epochs = train_on(False)
    again, same = train_on(True)
    assert epochs == same
    assert equal_states(first.state(), again.state())


@pytest.mark.parametrize(
    "made",
    [
        gp.train.Clip(1.0),
        gp.train.EarlyStopping("train.loss", patience=3),
        gp.train.ReviveSilent(0.01),
        gp.train.Plateau("train.loss"),
        gp.train.DualEMAPlateau("train.loss"),
        gp.train.ExponentialWarmup(9),
        gp.Checkpoint("last.h5"),
    ],
    ids=lambda made: type(made).__name__,
)
def test_a_callback_shows_what_it_was_given(made: gp.train.Callback) -> None:
    """Also where a parameter is called as one of its methods is."""
    assert repr(made).startswith(f"{type(made).__name__}(")
    assert "=" in repr(made) and "bound method" not in repr(made)
