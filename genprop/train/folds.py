"""Cross-validation: a network for each fold, evaluated on the samples held out."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genprop.errors import DataError
from genprop.train.evaluate import Evaluation, evaluate
from genprop.train.fit import fit
from genprop.train.stopping import EarlyStopping

if TYPE_CHECKING:
    from genprop.data.dataset import Dataset
    from genprop.train.callbacks import Callback
    from genprop.train.surface import Trainable

__all__ = ["CrossValidation", "cross_validate", "leave_one_speaker_out"]


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """What each fold reached on its held-out samples; ``print`` it."""

    names: tuple[str, ...]
    evaluations: tuple[Evaluation, ...]

    @property
    def accuracy(self) -> float:
        """The mean over folds; NaN without labels."""
        return statistics.fmean(self._values())

    @property
    def deviation(self) -> float:
        """The standard deviation over folds (n − 1)."""
        values = self._values()
        return statistics.stdev(values) if len(values) > 1 else math.nan

    def _values(self) -> list[float]:
        return [math.nan if e.accuracy is None else e.accuracy for e in self.evaluations]

    def __str__(self) -> str:
        width = max(map(len, self.names))
        lines = [
            f"{name.ljust(width)}  {value:7.2%}  {evaluation.samples} samples"
            for name, value, evaluation in zip(
                self.names, self._values(), self.evaluations, strict=True
            )
        ]
        mean = f"{self.accuracy:.2%} ± {self.deviation * 100:.2f} %"
        return "\n".join([*lines, f"mean over {len(self.names)}: {mean}"])


def cross_validate(
    simulator: Callable[[], Trainable],
    folds: Iterable[tuple[str, Dataset, Dataset]] | Iterable[tuple[Dataset, Dataset]],
    *,
    epochs: int,
    valid: float = 0.0,
    callbacks: Callable[[], Sequence[Callback]] = tuple,
    run: str | Path | None = None,
    resume: bool = False,
    progress: bool = True,
    seed: int = 0,
) -> CrossValidation:
    """Train a new network on each fold's larger part and evaluate it on the part held out.

    Args:
        simulator: gives a fresh simulator, the same each time.
        folds: such as ``dataset.folds(5)`` or :func:`leave_one_speaker_out`: pairs (the rest, held
            out), or the same with a name in front.
        epochs: for each fold.
        valid: the fraction of the rest that chooses the best epoch; with 0 the last epoch counts.
        callbacks: gives fresh callbacks.
        run: a folder; each fold has a run folder below it.
        resume: go on with what is there.
        progress: see :func:`~genprop.train.fit.fit`.
        seed: of the order of samples and of the choice of validation samples.

    Raises:
        DataError: without folds, and what ``fit`` raises.
    """
    names: list[str] = []
    evaluations: list[Evaluation] = []
    for number, (*label, rest, held) in enumerate(folds):
        name = str(label[0]) if label else f"fold {number}"
        chosen: Dataset | None = None
        acting = [*callbacks()]
        if valid:
            rest, chosen = rest.split(1.0 - valid, seed)
            acting.append(EarlyStopping(patience=epochs))
        sim = simulator()
        fit(
            sim,
            rest,
            chosen,
            epochs=epochs,
            callbacks=acting,
            progress=progress,
            run=None if run is None else Path(run) / name.replace(" ", "-"),
            resume=resume,
            seed=seed,
        )
        names.append(name)
        evaluations.append(evaluate(sim, held))
    if not names:
        raise DataError("there are no folds", remedy="give dataset.folds(5), for example")
    return CrossValidation(tuple(names), tuple(evaluations))


def leave_one_speaker_out(dataset: Dataset) -> Iterable[tuple[str, Dataset, Dataset]]:
    """For each speaker: a name, everybody else's samples, and the speaker's own."""
    for speaker, rest, own in dataset.leave_one_speaker_out():
        yield f"speaker {speaker}", rest, own
