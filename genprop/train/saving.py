"""The callback that keeps checkpoints, and what it saves of a training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from genprop._checks import given_path, integer
from genprop._reading import one_count, one_number, reading
from genprop.describe.topology import digest_with_synapses
from genprop.errors import CheckpointError, ConfigurationError, did_you_mean
from genprop.train.callbacks import Callback, Training
from genprop.train.checkpoint import (
    Snapshot,
    read_snapshot,
    refuse_other_network,
    write_snapshot,
)
from genprop.train.metrics import is_better
from genprop.train.settings import restore_settings

__all__ = ["Checkpoint", "resume_training", "snapshot_of"]

PREFERRED = ("valid.accuracy", "valid.loss", "train.accuracy", "train.loss")
"""What ``best="auto"`` looks for, in this order."""


class Checkpoint(Callback):
    """Saves the training after every ``every`` epochs, after the last, and when it is interrupted.

    Args:
        path: where the latest checkpoint goes.
        every: epochs between two checkpoints.
        best: a metric such as ``"valid.accuracy"``; where it is best goes to ``best_path``.
            ``"auto"`` takes the first there is of the validation's accuracy and loss, then the
            training's; ``"last"`` is the latest epoch, for a number of epochs that was settled
            before. None keeps no best.
        best_path: by default ``path`` with ``-best`` before its ending.

    Attributes:
        saved: whether this training stands in ``path``.
        best_value: the best value so far.
        best_epoch: its epoch.
    """

    def __init__(
        self,
        path: str | Path,
        every: int = 1,
        best: str | None = None,
        best_path: str | Path | None = None,
    ) -> None:
        self.path = given_path(path, "Checkpoint(path, …)")
        self.every = integer(every, "Checkpoint(every=…)", least=1)
        self.metric = best
        default = self.path.with_name(f"{self.path.stem}-best{self.path.suffix}")
        self.best_path = default if best_path is None else Path(best_path).expanduser()
        self.saved = False
        self.best_value: float | None = None
        self.best_epoch = 0

    def on_record(self, training: Training) -> None:
        """Keep the best if this epoch is, then the latest if it is due."""
        if self._is_best(training) and training.writes:
            write_snapshot(self.best_path, snapshot_of(training))
        if training.epoch % self.every == 0 or training.epoch >= training.epochs or training.stop:
            self._save(training)

    def on_interrupt(self, training: Training) -> None:
        """Keep the latest, in the middle of an epoch."""
        self._save(training)

    def state(self) -> dict[str, np.ndarray]:
        """The best value so far and its epoch."""
        value = np.nan if self.best_value is None else self.best_value
        return {"best": np.array([value, self.best_epoch], np.float64)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """The reverse of :meth:`state`."""
        self.saved = True
        value, epoch = (float(x) for x in state["best"])
        self.best_value = None if np.isnan(value) else value
        self.best_epoch = one_count(epoch, "the best epoch")

    def _save(self, training: Training) -> None:
        if training.writes:
            write_snapshot(self.path, snapshot_of(training))
        self.saved = True

    def _is_best(self, training: Training) -> bool:
        if self.metric is None:
            return False
        if self.metric == "last":
            self.best_epoch = training.epoch
            return True
        metrics = training.metrics
        if self.metric == "auto":
            self.metric = next((name for name in PREFERRED if name in metrics), "train.loss")
        if self.metric not in metrics:
            raise ConfigurationError(
                f"there is no metric {self.metric!r} to choose the best checkpoint by",
                where=f"Checkpoint(best={self.metric!r})",
                remedy=did_you_mean(self.metric, metrics),
            )
        value = metrics[self.metric]
        if not is_better(self.metric, value, self.best_value):
            return False
        self.best_value, self.best_epoch = value, training.epoch
        return True


def snapshot_of(training: Training) -> Snapshot:
    """The training at this moment; between epochs it stands at the beginning of the next."""
    sim = training.sim
    recorded = len(training.history) >= training.epoch
    inside: dict[str, np.ndarray] = {
        f"settings/{name}/{key}": np.array(float(value))
        for name, settings in sim.settings.items()
        for key, value in settings.items()
    }
    for label, callback in _labelled(training.callbacks).items():
        inside |= {f"callbacks/{label}/{key}": value for key, value in callback.state().items()}
    if not recorded:
        inside |= {f"meter/{key}": value for key, value in training.meter.state().items()}
        inside["seconds"] = np.array(training.seconds)
    return Snapshot(
        digest=sim.spec.digest(),
        epoch=training.epoch + 1 if recorded else training.epoch,
        batch=0 if recorded else training.batch,
        step=training.step,
        seed=training.seed,
        grid=(float(sim.dt), float(sim.duration), int(sim.batch)),
        simulator=sim.state(),
        training=inside | {"batches": np.array(training.batches)},
        records=tuple(training.history),
        stopped=training.stop,
    )


def resume_training(training: Training, path: Path) -> None:
    """Put ``training`` where the checkpoint at ``path`` stands.

    Raises:
        CheckpointError: for a damaged checkpoint, or one that another network, grid, seed or set of
            callbacks wrote, as going on would not give the numbers of an uninterrupted training.
    """
    snapshot = read_snapshot(path)
    refuse_other_network(snapshot, training.sim, str(path))
    _refuse_other_course(snapshot, training, path)
    sim, before = training.sim, training.sim.state()
    settings = {name: dict(numbers) for name, numbers in sim.settings.items()}
    remedy = "take best.h5 beside it, or train again"
    try:
        with reading(path, "checkpoint of this training", CheckpointError, remedy):
            _take(snapshot, training)
    except BaseException:
        sim.restore(before)
        for name, numbers in settings.items():
            sim.settings[name].update(numbers)
        raise


def _take(snapshot: Snapshot, training: Training) -> None:
    sim = training.sim
    restore_settings(sim, snapshot.part("settings/"))
    sim.restore(snapshot.simulator)
    training.epoch, training.batch, training.step = snapshot.epoch, snapshot.batch, snapshot.step
    batches = one_number(snapshot.training.get("batches", np.array(0)), "batches")
    training.batches = one_count(batches, "batches")
    training.seconds = one_number(snapshot.training.get("seconds", np.array(0.0)), "seconds")
    training.stop = snapshot.stopped
    if snapshot.batch:
        sums = snapshot.part("meter/")
        for population in sim.spec.populations:
            counts = sums.get(f"spikes/{population.name}")
            if counts is not None and counts.shape != (population.size,):
                raise ValueError(f"it counts the spikes of {len(counts)} {population.name}")
        training.meter.restore(sums)
    for label, callback in _labelled(training.callbacks).items():
        state = snapshot.part(f"callbacks/{label}/")
        if state:
            callback.restore(state)
    training.history.replace(snapshot.records)


def _refuse_other_course(snapshot: Snapshot, training: Training, path: Path) -> None:
    sim = training.sim
    grid = (float(sim.dt), float(sim.duration), int(sim.batch))
    findings: list[str] = []
    for name, theirs, ours in zip(("dt", "duration", "batch"), snapshot.grid, grid, strict=True):
        if theirs != ours:
            findings.append(f"{name} is {theirs:g} in the checkpoint and {ours:g} here")
    if snapshot.seed != training.seed:
        findings.append(f"the seed is {snapshot.seed} in the checkpoint and {training.seed} here")
    if snapshot.digest not in (sim.spec.digest(), digest_with_synapses(sim.spec)):
        findings.append(
            "equations, constants, loss or optimiser differ (the digests are not equal)"
        )
    ours_labels = {label for label, c in _labelled(training.callbacks).items() if c.state()}
    labels = {name.split("/")[0] for name in snapshot.part("callbacks/")}
    if labels != ours_labels:
        listed = ", ".join(sorted(labels)) or "none", ", ".join(sorted(ours_labels)) or "none"
        findings.append(f"the callbacks are {listed[0]} in the checkpoint and {listed[1]} here")
    if findings:
        raise CheckpointError(
            "the training cannot be resumed from this checkpoint:\n    " + "\n    ".join(findings),
            where=str(path),
            remedy="resume with the settings of the run, or take its parameters alone: "
            'load_checkpoint(path, sim, only="parameters")',
        )


def _labelled(callbacks: Iterable[Callback]) -> dict[str, Callback]:
    """Callbacks by a name for the checkpoint: the class, numbered from its second one on."""
    found: dict[str, Callback] = {}
    for callback in callbacks:
        name = type(callback).__name__
        count = sum(type(other) is type(callback) for other in found.values())
        found[f"{name}-{count + 1}" if count else name] = callback
    return found
