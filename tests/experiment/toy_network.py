"""A network.py for tests: the fake simulator on the counts task."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from genprop.experiment.experiment import Experiment
from genprop.train.callbacks import Callback, Training
from tests.train.fake import FakeSimulator, counts_task


class KillOnce(Callback):
    """Kills the process at a moment, the first time it gets there from a step on.

    The moment is the name of a method of Callback, "loading", or "writing": when a checkpoint is
    written but not yet moved to its place. ``together`` kills all that the command has started.
    """

    def __init__(self, mark: Path, step: int, moment: str, together: bool) -> None:
        self.mark, self.step, self.together = mark, step, together
        if moment == "loading":
            self.kill()
        elif moment == "writing":
            self._kill_at_replace()
        else:
            setattr(self, moment, self._kill_from_step)

    def kill(self) -> None:
        if not self.mark.exists():
            self.mark.write_text("killed")
            if self.together:
                os.killpg(os.getpgid(0), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)

    def _kill_from_step(self, training: Training) -> None:
        if training.step >= self.step:
            self.kill()

    def _kill_at_replace(self) -> None:
        replace = Path.replace

        def replaced(path: Path, target: Path) -> Path:
            if target.name == "last.h5" and target.exists():
                self.kill()
            return replace(path, target)

        Path.replace = replaced  # pyright: ignore[reportAttributeAccessIssue]


def build(
    seed: int,
    samples: int = 45,
    rate: float = 0.05,
    kill: str = "",
    moment: str = "on_batch_end",
    together: bool = False,
) -> Experiment:
    sim = FakeSimulator(rate=rate, seed=seed)
    mark = Path(f"{kill}-{seed}")
    callbacks = [KillOnce(mark, 8 + seed, moment, together)] if kill else []
    return Experiment(
        sim=sim,
        train=counts_task(samples),
        valid=counts_task(20, seed=1),
        test=counts_task(30, seed=2),
        callbacks=callbacks,
    )
