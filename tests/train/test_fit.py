"""fit and evaluate learn from every sample, and stop before damage."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from genprop.data import Shift, SpikeBatch
from genprop.errors import ConfigurationError, DataError, TrainingError
from genprop.train.callbacks import Callback, Training
from genprop.train.evaluate import evaluate, predict
from genprop.train.fit import fit
from genprop.train.history import read_history
from genprop.train.saving import Checkpoint
from tests.train.fake import FakeResult, FakeSimulator, W, counts_task, equal_states


class InterruptAt(Callback):
    """Sends a signal when a batch of an epoch is done."""

    def __init__(self, epoch: int, batch: int, number: signal.Signals = signal.SIGINT) -> None:
        self.at, self.number = (epoch, batch), number

    def on_batch_end(self, training: Training) -> None:
        if (training.epoch, training.batch) == self.at:
            os.kill(os.getpid(), self.number)


ENDS = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: SystemExit}
"""What a training ends with by the signal that it gets."""


def test_every_sample_is_learned_from_once_an_epoch() -> None:
    sim = FakeSimulator(batch=8)
    fit(sim, counts_task(45), epochs=2, progress=False)
    assert sim.seen == [8, 8, 8, 8, 8, 5] * 2


def test_learning_reduces_the_loss_and_counts_it_per_sample() -> None:
    sim, train, valid = FakeSimulator(), counts_task(45), counts_task(30, seed=1)
    history = fit(sim, train, valid, epochs=15, progress=False)
    assert len(history) == 15
    assert history["train.loss"][-1] < 0.8 * history["train.loss"][0]
    assert history["valid.accuracy"][-1] == evaluate(sim, valid).accuracy
    one_by_one = [sim.run(b).loss for b in valid.batches(1)]
    assert history["valid.loss"][-1] == pytest.approx(np.mean(one_by_one), rel=1e-6)


def test_order_follows_from_the_seed_and_differs_between_epochs() -> None:
    class Order(Callback):
        def __init__(self) -> None:
            self.losses: list[float] = []

        def on_batch_end(self, training: Training) -> None:
            self.losses.append(training.sim.last.loss)

    def losses(seed: int) -> list[float]:
        order, sim = Order(), FakeSimulator(rate=0.0)
        fit(sim, counts_task(), epochs=2, callbacks=[order], seed=seed, progress=False)
        return order.losses

    assert losses(1) == losses(1)
    assert losses(1) != losses(2)
    assert losses(1)[:6] != losses(1)[6:]


def test_augmentation_replaces_that_of_the_dataset() -> None:
    train = counts_task().with_augment(Shift(3))
    plain, own, none = FakeSimulator(), FakeSimulator(), FakeSimulator()
    fit(plain, counts_task(), epochs=1, progress=False)
    fit(own, train, epochs=1, progress=False)
    fit(none, train, epochs=1, augment=(), progress=False)
    assert equal_states(plain.state(), none.state())
    assert not equal_states(plain.state(), own.state())


def test_a_gradient_that_is_not_finite_stops_before_the_update(tmp_path: Path) -> None:
    sim = FakeSimulator()
    sim.poison_at = 9
    with pytest.raises(TrainingError) as caught:
        fit(sim, counts_task(), epochs=3, run=tmp_path / "run", progress=False)
    message = str(caught.value)
    assert "epoch 2, batch 4" in message
    assert W in message
    assert "last.h5" in message
    assert np.isfinite(sim.parameters[W]).all()
    again = FakeSimulator()
    fit(again, counts_task(), epochs=2, run=tmp_path / "run", resume=True, progress=False)
    whole = FakeSimulator()
    fit(whole, counts_task(), epochs=2, progress=False)
    assert equal_states(again.state(), whole.state())


def test_a_parameter_that_is_not_finite_stops_the_training() -> None:
    sim = FakeSimulator(rate=1e300)
    with pytest.raises(TrainingError, match=r"parameter 'input->out.weight'(.|\n)*batch"):
        fit(sim, counts_task(), epochs=3, progress=False)


def test_a_loss_that_is_not_finite_is_named() -> None:
    class Broken(FakeSimulator):
        def gradients(self, batch: object, /) -> tuple[float, dict[str, np.ndarray]]:
            value, grads = super().gradients(batch)  # pyright: ignore[reportArgumentType]
            return (float("inf") if self.updates == 1 else value), grads

    with pytest.raises(TrainingError, match=r"loss is inf(.|\n)*epoch 1, batch 2"):
        fit(Broken(), counts_task(), epochs=1, progress=False)


@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize("at", [(1, 1), (2, 3), (2, 6), (3, 6)])
def test_an_interrupted_training_resumes_bit_by_bit(
    tmp_path: Path, at: tuple[int, int], number: signal.Signals
) -> None:
    whole, train, valid = FakeSimulator(), counts_task(), counts_task(20, 1)
    expected = fit(whole, train, valid, epochs=3, progress=False)
    first = FakeSimulator()
    with pytest.raises(ENDS[number]) as ended:
        fit(
            first,
            train,
            valid,
            epochs=3,
            callbacks=[InterruptAt(*at, number)],
            run=tmp_path,
            progress=False,
        )
    if isinstance(ended.value, SystemExit):
        assert ended.value.code == 128 + signal.SIGTERM  # as a shell shows it
    second = FakeSimulator(seed=7)
    history = fit(second, train, valid, epochs=3, run=tmp_path, resume=True, progress=False)
    assert equal_states(second.state(), whole.state())
    assert history == expected
    assert read_history(tmp_path / "history.jsonl") == expected.records


def test_the_speed_of_a_resumed_epoch_is_that_of_all_its_samples_over_all_its_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Six batches of 8 samples in an epoch take 0.02 s each, three before an interruption."""

    class Slow(FakeSimulator):
        def gradients(self, batch: SpikeBatch, /) -> tuple[float, dict[str, np.ndarray]]:
            time.sleep(0.02)
            return super().gradients(batch)

    with pytest.raises(KeyboardInterrupt):
        fit(Slow(batch=8), counts_task(48), epochs=2, callbacks=[InterruptAt(2, 3)], run=tmp_path)
    capsys.readouterr()
    history = fit(Slow(batch=8), counts_task(48), epochs=2, run=tmp_path, resume=True)
    seconds = history.records[1].seconds
    assert seconds >= 6 * 0.02
    shown = re.search(r"(\d+) samples/s", capsys.readouterr().out)
    assert shown is not None and int(shown[1]) == round(48 / seconds)


def test_an_interrupt_while_validating_is_kept_too(tmp_path: Path) -> None:
    class Interrupted(FakeSimulator):
        def run(self, batch: SpikeBatch, /, record: Sequence[str] = ()) -> FakeResult:
            if self.updates == 6 and len(self.seen) == 6:
                os.kill(os.getpid(), signal.SIGINT)
            return super().run(batch)

    train, valid = counts_task(), counts_task(20, 1)
    with pytest.raises(KeyboardInterrupt):
        fit(Interrupted(), train, valid, epochs=2, run=tmp_path, progress=False)
    assert not read_history(tmp_path / "history.jsonl")
    resumed, whole = FakeSimulator(), FakeSimulator()
    history = fit(resumed, train, valid, epochs=2, run=tmp_path, resume=True, progress=False)
    assert history == fit(whole, train, valid, epochs=2, progress=False)
    assert equal_states(resumed.state(), whole.state())


@pytest.mark.parametrize("number", ENDS)
def test_the_signal_is_given_back_after_an_interrupt(number: signal.Signals) -> None:
    before = [signal.getsignal(one) for one in ENDS]
    stop = InterruptAt(1, 1, number)
    with pytest.raises(ENDS[number]):
        fit(FakeSimulator(), counts_task(), epochs=1, callbacks=[stop], progress=False)
    assert [signal.getsignal(one) for one in ENDS] == before


def test_a_handler_of_ones_own_for_the_end_is_left_alone() -> None:
    """Schedulers and frameworks bring theirs, which know more than we do."""
    got: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: got.append(number))
    try:
        stop = InterruptAt(1, 1, signal.SIGTERM)
        assert (
            len(fit(FakeSimulator(), counts_task(), epochs=2, callbacks=[stop], progress=False))
            == 2
        )
    finally:
        signal.signal(signal.SIGTERM, before)
    assert got == [signal.SIGTERM]


@pytest.mark.parametrize("number", ENDS)
def test_an_interrupt_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    stop = InterruptAt(2, 1, number)
    with pytest.raises(ENDS[number]):
        fit(FakeSimulator(), counts_task(), epochs=2, callbacks=[stop], run=tmp_path)
    shown = capsys.readouterr().out
    assert "resume=True" in shown
    assert "last.h5" in shown


def test_one_line_per_epoch_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    fit(FakeSimulator(), counts_task(), counts_task(10), epochs=3)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "epoch 2/3" in lines[1]
    assert "valid loss" in lines[1]
    assert "samples/s" in lines[1]


def test_a_run_folder_is_not_overwritten(tmp_path: Path) -> None:
    fit(FakeSimulator(), counts_task(), epochs=1, run=tmp_path, progress=False)
    with pytest.raises(ConfigurationError, match="resume"):
        fit(FakeSimulator(), counts_task(), epochs=1, run=tmp_path, progress=False)


def test_resuming_needs_a_place_to_resume_from() -> None:
    with pytest.raises(ConfigurationError, match="run folder"):
        fit(FakeSimulator(), counts_task(), epochs=1, resume=True, progress=False)


def test_resuming_with_more_epochs_goes_on(tmp_path: Path) -> None:
    sim, whole = FakeSimulator(), FakeSimulator()
    saver = Checkpoint(tmp_path / "c.h5")
    fit(sim, counts_task(), epochs=2, callbacks=[saver], progress=False)
    later = FakeSimulator()
    fit(
        later,
        counts_task(),
        epochs=4,
        callbacks=[Checkpoint(tmp_path / "c.h5")],
        resume=True,
        progress=False,
    )
    fit(whole, counts_task(), epochs=4, progress=False)
    assert equal_states(later.state(), whole.state())


def test_an_empty_dataset_is_refused() -> None:
    empty = counts_task().select(np.zeros(0, np.int64))
    with pytest.raises(DataError):
        fit(FakeSimulator(), empty, epochs=1, progress=False)
    with pytest.raises(DataError):
        evaluate(FakeSimulator(), empty)


def test_evaluation_counts_each_sample_once_whatever_the_batch() -> None:
    sim, data = FakeSimulator(), counts_task(31)
    whole, parts = evaluate(sim, data, batch=31), evaluate(sim, data, batch=4)
    assert whole.confusion is not None and parts.confusion is not None
    assert whole.confusion.sum() == 31
    assert np.array_equal(whole.confusion, parts.confusion)
    assert whole.accuracy == parts.accuracy == np.trace(whole.confusion) / 31
    assert whole.loss == pytest.approx(parts.loss, rel=1e-12)
    assert np.array_equal(whole.spikes["hidden"], parts.spikes["hidden"])


def test_evaluation_names_silent_neurons_and_prints() -> None:
    shown = evaluate(FakeSimulator(), counts_task())
    assert shown.silent["hidden"].tolist() == [2]
    text = str(shown)
    assert "1 of 3 neurons silent" in text
    assert "rows are labels" in text
    assert shown.class_accuracy is not None
    assert shown.class_accuracy.shape == (3,)


def test_labels_beyond_the_scores_are_refused() -> None:
    class Two(FakeSimulator):
        def run(self, batch: object, /, record: object = ()) -> object:  # pyright: ignore
            result = super().run(batch)  # pyright: ignore[reportArgumentType]
            assert result.scores is not None
            return type(result)(result.loss, result.scores[:, :2], result.spikes)

    with pytest.raises(DataError, match="label 2"):
        evaluate(Two(), counts_task())  # pyright: ignore[reportArgumentType]


def test_predict_gives_the_class_of_the_largest_score_of_every_sample() -> None:
    sim, data = FakeSimulator(), counts_task()
    scores = [np.asarray(sim.run(batch).scores) for batch in data.batches(7)]
    expected = [np.argmax(each, axis=1) for each in scores]
    assert predict(sim, data, 7).tolist() == np.concatenate(expected).tolist()
    assert predict(sim, data).tolist() == np.concatenate(expected).tolist()
