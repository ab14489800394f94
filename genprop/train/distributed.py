"""What several ranks need that train together: parts of the data, and one course."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from genprop.backends.distributed import DistributedEngine, ranks_of
from genprop.data.dataset import Dataset
from genprop.data.distributed import DistributedDataset

if TYPE_CHECKING:
    from genprop._ranks import Ranks
    from genprop.train import surface
    from genprop.train.callbacks import Training

__all__ = ["divided", "exchanged", "refuse_other_course"]


def divided(sim: object, data: surface.Dataset) -> surface.Dataset:
    """The part of ``data`` that this rank holds; ``data`` itself where one rank runs alone.

    A data set of a class of one's own stays as it is: all ranks have it, and run their parts.

    Raises:
        ConfigurationError: where the ranks have other data.
    """
    engine = getattr(sim, "engine", None)
    ranks = ranks_of(engine)
    if ranks.size > 1 and isinstance(data, Dataset):
        data = DistributedDataset(data, ranks.rank, ranks.size)
    if isinstance(data, DistributedDataset):
        data.connect(ranks, cast("DistributedEngine", engine).inner.groups)
    return data


def exchanged(data: surface.Dataset) -> bool:
    """Whether ranks exchange samples for every batch, as they do one thing at a time."""
    return isinstance(data, DistributedDataset)


def refuse_other_course(ranks: Ranks, training: Training, resume: bool) -> None:
    """Refuse ranks that would do other things while they train.

    Raises:
        ConfigurationError: naming what differs.
    """
    if ranks.size > 1:
        facts = {
            "the number of epochs": str(training.epochs),
            "the seed": str(training.seed),
            "resume": str(resume),
            "the callbacks": repr([type(callback).__name__ for callback in training.callbacks]),
        }
        ranks.refuse_differences(facts, "call fit(…) with the same arguments on all ranks")
