"""Learning from a dataset, epoch by epoch."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.distributed import ranks_of
from genprop.errors import ConfigurationError, DataError, DescriptionError, TrainingError
from genprop.runtime.distributed import refuse_drift
from genprop.runtime.finite import refuse_infinite_gradients, refuse_infinite_parameters
from genprop.runtime.simulator import Simulator
from genprop.train.arguments import callback_list, usable
from genprop.train.callbacks import Callback, Training
from genprop.train.distributed import divided, exchanged, refuse_other_course
from genprop.train.evaluate import evaluate
from genprop.train.folder import RunFolder
from genprop.train.history import History, Record
from genprop.train.interrupt import Interruptible
from genprop.train.metrics import Meter
from genprop.train.prefetch import prefetch
from genprop.train.progress import Reporter, reporter
from genprop.train.saving import Checkpoint, resume_training

if TYPE_CHECKING:
    from genprop._ranks import Ranks
    from genprop.data.augment import Augmentation
    from genprop.data.spikes import SpikeBatch
    from genprop.train.surface import Dataset, Trainable

__all__ = ["fit"]


def fit(
    sim: Trainable,
    train: Dataset,
    valid: Dataset | None = None,
    *,
    epochs: int,
    callbacks: Iterable[Callback] = (),
    augment: Sequence[Augmentation] | None = None,
    progress: bool = True,
    run: str | Path | RunFolder | None = None,
    resume: bool = False,
    seed: int = 0,
) -> History:
    """Learn from every batch of ``train``, the last partial one included, ``epochs`` times.

    The order of samples and every augmentation follow from ``seed``, epoch and batch alone: a
    training that was interrupted or killed and is resumed ends in the same bits as any other.

    Args:
        sim: the network; it is trained in place.
        train: what it learns from.
        valid: what it is evaluated on after each epoch.
        epochs: how often it sees ``train``, epochs before a resumption included.
        callbacks: what acts meanwhile, in this order.
        augment: changes to each batch of ``train`` instead of the dataset's own; ``()`` for none.
        progress: bars on a terminal or in a notebook, else a line per epoch; False for silence.
        run: a folder for history and checkpoints (last and best).
        resume: go on from the run folder's, else the first :class:`Checkpoint`'s, last checkpoint;
            where there is none yet the training begins.
        seed: what order and augmentation follow from.

    Returns the history, also of the epochs before a resumption.

    Raises:
        DescriptionError: when learning moved a threshold below the initial state; in which batch.
        TrainingError: for numbers no longer finite, likewise; the last good checkpoint stays.
        CheckpointError: when a checkpoint cannot be written, or resumed from.
        ConfigurationError, DataError: for other arguments than these, validation data unlike
            ``train``, and a run folder that holds a training which is not to be resumed.
        KeyboardInterrupt, SystemExit: on Ctrl-C and SIGTERM; a checkpoint was written before.
    """
    folder, (epochs, seed) = RunFolder.of(run), usable(sim, train, valid, epochs, seed)
    savers, others = _ordered(callbacks, folder)
    training = Training(sim, History(), epochs, seed, callbacks=(*others, *savers))
    train, valid = divided(sim, train), None if valid is None else divided(sim, valid)
    _begin(training, folder, resume)
    with reporter(progress and training.writes) as report:
        _resume(training, savers, resume, report)
        try:
            _learn(training, train, valid, augment, report)
        except (KeyboardInterrupt, SystemExit):
            report.say(_interruption_message(savers))
            raise
        _end(training)
    return training.history


def _begin(training: Training, folder: RunFolder | None, resume: bool) -> None:
    ranks = _ranks(training)
    refuse_other_course(ranks, training, resume)
    training.writes = ranks.first
    if folder is not None:
        training.history = History(path=folder.history if ranks.first else None)
        ranks.lead(lambda: folder.prepare(resume))
    for callback in training.callbacks:
        callback.on_train_begin(training)


def _end(training: Training) -> None:
    for callback in training.callbacks:
        callback.on_train_end(training)
    _ranks(training).gather(None)  # what the first one writes is there when any of them goes on


def _ranks(training: Training) -> Ranks:
    return ranks_of(getattr(training.sim, "engine", None))


def _ordered(
    callbacks: Iterable[Callback], folder: RunFolder | None
) -> tuple[list[Checkpoint], list[Callback]]:
    """Those that save, which come last so as to save what the others did, and the others."""
    given = callback_list(callbacks)
    savers = [c for c in given if isinstance(c, Checkpoint)]
    if folder is not None:
        own = [c for c in savers if c.path == folder.last]
        own = own or [Checkpoint(folder.last, best="auto", best_path=folder.best)]
        savers = own + [c for c in savers if c not in own]
    return savers, [c for c in given if not isinstance(c, Checkpoint)]


def _resume(
    training: Training, savers: Sequence[Checkpoint], resume: bool, report: Reporter
) -> None:
    if not resume:
        training.history.replace(())
        return
    if not savers:
        raise ConfigurationError(
            "there is no checkpoint to resume from",
            where="fit(resume=True)",
            remedy="give a run folder (run=…) or a Checkpoint callback",
        )
    path = savers[0].path
    if _ranks(training).lead(path.exists):
        resume_training(training, path)
        refuse_drift(training.sim)
        report.say(f"resumed from {path}: epoch {training.epoch}, batch {training.batch}")
    else:
        training.history.replace(())
        report.say(f"no checkpoint at {path} yet: training begins")


def _learn(
    training: Training,
    train: Dataset,
    valid: Dataset | None,
    augment: Sequence[Augmentation] | None,
    report: Reporter,
) -> None:
    with Interruptible() as interruptible:
        while training.epoch <= training.epochs and not training.stop:
            start = time.perf_counter() - training.seconds
            batches = _batches(training, train, augment)
            for batch in batches if exchanged(train) else prefetch(batches):
                _learn_from(training, batch)
                training.seconds = time.perf_counter() - start
                report.batch(training)
                _stop_if(interruptible, training)
            training.seconds = time.perf_counter() - start
            _finish_epoch(training, valid, interruptible)
            report.epoch(training)
            _stop_if(interruptible, training)
            if not training.stop:
                training.epoch, training.batch = training.epoch + 1, 0
                training.meter, training.metrics, training.seconds = Meter(), {}, 0.0
        if training.stop:
            report.say(f"stopped: {training.stop}")


def _batches(
    training: Training, train: Dataset, augment: Sequence[Augmentation] | None
) -> Iterable[SpikeBatch]:
    """The batches of this epoch that are still to be learned from."""
    size = int(training.sim.batch)
    training.batches = -(-len(train) // size)
    if not training.batches:
        raise DataError("there is nothing to learn from", remedy="check the dataset and its split")
    order = (training.seed, training.epoch)
    return train.batches(size, seed=order, augment=augment, first=training.batch)


def _learn_from(training: Training, batch: SpikeBatch) -> None:
    sim, number = training.sim, training.batch + 1
    where = f"epoch {training.epoch}, batch {number}"
    for callback in training.callbacks:
        callback.on_batch_begin(training)
    training.inputs = batch
    with _located(training, where):
        loss, training.gradients = sim.gradients(batch)
        refuse_infinite_gradients(loss, training.gradients)
        outcome = sim.last
        for callback in training.callbacks:
            callback.on_gradients(training)
        training.inputs = None
        sim.step(training.gradients)
        refuse_infinite_parameters(sim.parameters)
    training.meter.add(outcome, batch.whole_labels, batch.whole_size)
    training.batch, training.step = number, training.step + 1
    for callback in training.callbacks:
        callback.on_batch_end(training)


def _finish_epoch(training: Training, valid: Dataset | None, interruptible: Interruptible) -> None:
    training.metrics = training.meter.metrics("train")
    if isinstance(training.sim, Simulator):
        counted = training.sim.stages.metrics()
        training.metrics |= {f"train.{name}": value for name, value in counted.items()}
    with _located(training, f"epoch {training.epoch}, after batch {training.batch}"):
        if valid is not None:
            shown = evaluate(training.sim, valid, between=lambda: _stop_if(interruptible, training))
            training.metrics |= {f"valid.{name}": value for name, value in shown.summary().items()}
            if not np.isfinite(shown.loss):
                raise TrainingError(
                    f"the loss on the validation samples is {shown.loss}",
                    remedy="lower the learning rate",
                )
        for callback in training.callbacks:
            callback.on_epoch_end(training)
        refuse_infinite_parameters(training.sim.parameters)
        _refuse_unsound(training.sim)
        refuse_drift(training.sim)
    training.history.append(Record(training.epoch, dict(training.metrics), training.seconds))
    for callback in training.callbacks:
        callback.on_record(training)


@contextmanager
def _located(training: Training, where: str) -> Generator[None, None, None]:
    """Tells when in the training something went wrong, and what is kept."""
    try:
        yield
    except DescriptionError as error:  # a parameter that learning moved to where nothing runs
        raise type(error)(
            f"{where}: {error.what}",
            where=error.where,
            remedy="; ".join(filter(None, (error.remedy, _last_checkpoint(training)))),
        ) from error
    except TrainingError as error:
        raise type(error)(
            error.what,
            where=", ".join(filter(None, (where, error.where))),
            remedy="; ".join(filter(None, (error.remedy, _last_checkpoint(training)))),
        ) from error


def _refuse_unsound(sim: Trainable) -> None:
    """Refuse to save what could not go on: the last update may have moved it there."""
    check = getattr(sim, "refuse_unsound", None)
    if callable(check):
        check()


def _stop_if(interruptible: Interruptible, training: Training) -> None:
    interruptible.agree(_ranks(training))
    if interruptible.requested:
        with _located(training, f"epoch {training.epoch}, after batch {training.batch}"):
            _refuse_unsound(training.sim)
        for callback in training.callbacks:
            callback.on_interrupt(training)
        interruptible.end()


def _last_checkpoint(training: Training) -> str:
    """Where the last good checkpoint is, in words."""
    paths = [c.path for c in training.callbacks if isinstance(c, Checkpoint) and c.saved]
    return f"the last good checkpoint is {paths[0]}" if paths else "there is no checkpoint yet"


def _interruption_message(savers: Sequence[Checkpoint]) -> str:
    if savers and savers[0].saved:
        path = savers[0].path
        return f"interrupted; the checkpoint is {path}: --resume (resume=True) continues from it"
    return "interrupted; nothing was saved: give a run folder (run=…) to be able to resume"
