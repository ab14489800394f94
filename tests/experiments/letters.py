"""A file of Braille letters, as the experiments read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def write_letters(file: Path, events: np.ndarray, labels: np.ndarray, tested: int) -> Path:
    """``events`` (letters, steps, 12) of three classes; the first ``tested`` are for testing."""
    count, steps, taxels = events.shape
    np.savez(
        file,
        packed=np.packbits(events.reshape(count, -1), axis=1),
        shape=np.array([steps, taxels]),
        labels=labels.astype(np.uint8),
        letters=np.array(["Space", "A", "E"]),
        test=np.arange(count) < tested,
        dt_ms=5.0,
    )
    return file
