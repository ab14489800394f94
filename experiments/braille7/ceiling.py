"""How many training letters a strong classifier without spikes misses, and whether always the same.

Random kernels of a few taps at random delays, over exponential traces of each taxel's events; of
each kernel's output the time above a threshold, the area there and when it is there; ridge
regression on these (after Dempster et al. 2020, arXiv:1910.13051). Cross-validated on the letters
that are not for testing; the test letters are not looked at.

python experiments/braille7/ceiling.py
"""

from __future__ import annotations

import argparse

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import RidgeClassifierCV
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import genprop as gp

STEP = 5.0
"""Of the recordings [ms]."""
TAUS = (10.0, 20.0, 40.0)
"""Of the traces [ms]."""
SPANS = (6, 12, 24, 48, 96)
"""The longest delay of a kernel, in steps; each kernel draws one."""

Floats = npt.NDArray[np.float32]


def steps_of(data: gp.data.Dataset) -> Floats:
    """(letters, steps, taxels): the events in each step."""
    spikes = data.spikes
    events = np.zeros((len(data), round(data.duration / STEP), data.channels), np.float32)
    letter = np.repeat(np.arange(len(data)), np.diff(spikes.start))
    np.add.at(events, (letter, (spikes.times / STEP).astype(np.int64), spikes.channels), 1)
    return events


def traces(events: Floats) -> dict[float, Floats]:
    """Exponential traces of each time constant, with silence before the letter begins."""
    found: dict[float, Floats] = {}
    for tau in TAUS:
        trace, now = np.empty_like(events), np.zeros_like(events[:, 0])
        for step in range(events.shape[1]):
            now = now * np.float32(np.exp(-STEP / tau)) + events[:, step]
            trace[:, step] = now
        found[tau] = np.pad(trace, ((0, 0), (max(SPANS), 0), (0, 0)))
    return found


def features(events: Floats, kernels: int, rng: np.random.Generator) -> Floats:
    """(letters, 3 · kernels)."""
    given, (letters, steps, taxels) = traces(events), events.shape
    moment = np.linspace(-1, 1, steps, dtype=np.float32)
    found = np.empty((letters, kernels, 3), np.float32)
    for k in range(kernels):
        trace, taps = given[float(rng.choice(TAUS))], int(rng.integers(2, 8))
        delay = rng.integers(0, rng.choice(SPANS) + 1, taps)
        weight = rng.normal(size=taps).astype(np.float32)
        seen = np.zeros((letters, steps), np.float32)
        for d, c, w in zip(
            delay, rng.integers(0, taxels, taps), weight - weight.mean(), strict=True
        ):
            begin = max(SPANS) - int(d)
            seen += w * trace[:, begin : begin + steps, c]
        above = seen > np.quantile(seen[rng.integers(letters)], rng.uniform(0.1, 0.9))
        found[:, k] = np.stack([above.mean(1), (seen * above).mean(1), above @ moment / steps], 1)
    return found.reshape(letters, -1)


def misses(data: gp.data.Dataset, kernels: int, folds: int, draws: int, seed: int) -> np.ndarray:
    """(draws, letters): which letters are missed, kernels and folds drawn anew each time."""
    events, missed = steps_of(data), []
    for draw in range(draws):
        classifier = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(1, 5, 5)))
        drawn = features(events, kernels, np.random.default_rng([seed, draw]))
        parts = StratifiedKFold(folds, shuffle=True, random_state=seed + draw)
        missed.append(cross_val_predict(classifier, drawn, data.labels, cv=parts) != data.labels)
    return np.array(missed)


def main() -> None:
    """Print the accuracy, and how many letters are missed how often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="braille7_events.npz", help="the file")
    parser.add_argument("--kernels", type=int, default=3000)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--draws", type=int, default=6, help="of kernels and folds")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    train, _, _ = gp.data.braille(options.data, valid=0.0)
    missed = misses(train, options.kernels, options.folds, options.draws, options.seed)
    accuracy, often = 1 - missed.mean(1), missed.mean(0)
    print(f"{len(train)} letters, {options.draws} draws: accuracy {accuracy.mean():.2%}")
    print(f"from {accuracy.min():.2%} to {accuracy.max():.2%}")
    print(f"missed every time: {(often == 1).sum()}, in more than half: {(often > 0.5).sum()}")
    print(f"never missed: {(often == 0).sum()}")


if __name__ == "__main__":
    main()
