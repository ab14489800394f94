"""Which samples go where: fractions, speakers and folds, from labels and a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from genprop._checks import integer, real
from genprop.errors import DataError

__all__ = ["ends", "entropy", "fold_numbers", "fraction_of", "refuse_all", "speakers_of"]

Labels = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def ends(count: int, parts: int) -> list[int]:
    """Where neighbouring parts of ``count`` begin and end: ⌊count k/parts⌋ for k = 0 … parts."""
    return [count * k // parts for k in range(parts + 1)]


def entropy(seed: int | Sequence[int] | None) -> list[int] | None:
    """What order and augmentation follow from: an integer k is (k, 0)."""
    if seed is None:
        return None
    given = seed if isinstance(seed, Sequence) and not isinstance(seed, str) else (seed, 0)
    return [integer(number, "batches(seed=…)", fault=DataError) for number in given]


def fraction_of(labels: Labels, fraction: float, seed: int, *, stratify: bool) -> Mask:
    """A mask (samples,) of a random ``fraction`` of the samples.

    Stratified, each class gives its part to within one sample and the whole is exact: the samples
    that are left over after rounding down go to the classes with the largest remainders.
    """
    seed = integer(seed, "the seed of a split", fault=DataError)
    if not 0 < real(fraction, "split(fraction)", fault=DataError) < 1:
        raise DataError(
            f"a fraction of {fraction:g} leaves a part empty",
            remedy="give a fraction between 0 and 1",
        )
    rng = np.random.default_rng(seed)
    mask = np.zeros(len(labels), np.bool_)
    total = round(fraction * len(labels))
    if not stratify:
        mask[rng.permutation(len(labels))[:total]] = True
        return mask
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    exact = np.array([fraction * len(own) for own in members])
    counts = np.floor(exact + 1e-9).astype(np.int64)
    counts[np.argsort(counts - exact, kind="stable")[: total - counts.sum()]] += 1
    for own, count in zip(members, counts.tolist(), strict=True):
        mask[rng.permutation(own)[:count]] = True
    return mask


def speakers_of(speakers: Labels, held_out: int | Sequence[int], seed: int) -> Mask:
    """A mask (samples,) of the samples of the speakers that are held out."""
    known, seed = np.unique(speakers), integer(seed, "the seed of a split", fault=DataError)
    if isinstance(held_out, int):
        chosen = np.random.default_rng(seed).permutation(known)[: max(held_out, 0)]
    else:
        chosen = np.unique(np.asarray(held_out, np.int64))
        strangers = np.setdiff1d(chosen, known)
        if strangers.size:
            raise DataError(
                f"there is no speaker {strangers[0]}",
                remedy=f"known: {', '.join(map(str, known.tolist()))}",
            )
    if not 0 < len(chosen) < len(known):
        raise DataError(
            f"{len(chosen)} of {len(known)} speakers cannot be held out",
            remedy="leave at least one speaker in each part",
        )
    return np.isin(speakers, chosen)


def fold_numbers(labels: Labels, k: int, seed: int) -> Labels:
    """The fold (samples,) of each sample; sizes differ by at most one, also within a class."""
    seed = integer(seed, "folds(seed=…)", fault=DataError)
    if not 2 <= integer(k, "folds(k)", fault=DataError) <= len(labels):
        raise DataError(
            f"{len(labels)} samples cannot be divided into {k} folds",
            remedy="give at least 2 folds and at most one per sample",
        )
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    fold[by_class] = np.arange(len(labels)) % k
    return fold


def refuse_all(fraction: float, name: str) -> None:
    """Refuse a fraction to hold out, called ``name`` by the user, that is not in [0, 1)."""
    if not 0 <= real(fraction, f"{name}=", fault=DataError) < 1:
        raise DataError(
            f"{name}={fraction:g} leaves nothing to learn from, or is no fraction",
            remedy=f"give {name} from 0 (none) to below 1",
        )
