"""A network.py for tests: the fake simulator on the counts task."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from genprop.train.callbacks import Callback, Training
from genprop.train.experiment import Experiment
from tests.train.fake import FakeSimulator, counts_task


class KillOnce(Callback):
    """Kills the process at a batch, the first time it gets there."""

    def __init__(self, mark: Path, step: int) -> None:
        self.mark, self.step = mark, step

    def on_batch_end(self, training: Training) -> None:
        if training.step == self.step and not self.mark.exists():
            self.mark.write_text("killed")
            os.kill(os.getpid(), signal.SIGKILL)


def build(seed: int, samples: int = 45, rate: float = 0.05, kill: str = "") -> Experiment:
    sim = FakeSimulator(rate=rate, seed=seed)
    callbacks = [KillOnce(Path(f"{kill}-{seed}"), 8 + seed)] if kill else []
    return Experiment(
        sim=sim,
        train=counts_task(samples),
        valid=counts_task(20, seed=1),
        test=counts_task(30, seed=2),
        callbacks=callbacks,
    )
