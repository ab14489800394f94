"""Labels of files and arrays: from folders, from a function, or given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from genprop.data.batch_rules import integers
from genprop.errors import DataError, did_you_mean

__all__ = ["Labels", "labels_of", "marks_of"]

Mark = str | int
Labels = Callable[[Path], Mark] | Sequence[Mark] | npt.NDArray[np.integer] | None


def labels_of(
    labels: Labels,
    files: Sequence[Path] | None,
    root: Path | None,
    count: int,
    names: Sequence[str],
) -> tuple[npt.NDArray[np.int64], int, tuple[str, ...]]:
    """(count,) int64, how many classes there are, and their names.

    Args:
        labels: a function of the path, one per sound, or None: the folder below ``root``.
        files: where the sounds come from files.
        root: the folder that was given, if one was.
        count: how many sounds there are.
        names: of the classes in their order; empty: those found, sorted.

    Raises:
        DataError: without labels, for too few or too many, and for names that are no class.
    """
    if labels is None:
        labels = [_folder(path, root) for path in files or ()]
    marks = marks_of(labels, files, count, "labels")
    if not any(isinstance(mark, str) for mark in marks):
        found = integers(marks, "labels", remedy="give integers from 0, or names")
        if len(found) and found.min() < 0:
            raise DataError(f"label {found.min()}", remedy="give integers from 0, or names")
        return found, max(int(found.max(initial=0)) + 1, len(names)), tuple(names)
    words = [str(mark) for mark in marks]
    order = tuple(names) or tuple(sorted(set(words)))
    place = {name: k for k, name in enumerate(order)}
    for k, word in enumerate(words):
        if word not in place:
            raise DataError(
                f"{word!r} is none of the classes",
                where=str(files[k]) if files else f"sound {k}",
                remedy=did_you_mean(word, order),
            )
    return np.array([place[word] for word in words], np.int64), len(order), order


def marks_of(given: Labels, files: Sequence[Path] | None, count: int, what: str) -> list[Mark]:
    """One string or integer per sound, of a function or a sequence."""
    if callable(given):
        if files is None:
            raise DataError(
                f"{what}=… is a function of the path, and arrays have none",
                remedy=f"give {what} as a list, one per sound",
            )
        return [given(path) for path in files]
    marks = [] if given is None else [_one(m) for m in cast("Sequence[Mark]", given)]
    if len(marks) != count:
        raise DataError(
            f"{len(marks)} {what} for {count} sounds" if marks else f"the sounds have no {what}",
            remedy=f"give {what}=[…], one per sound, or for files a function of the path",
        )
    return marks


def _one(mark: object) -> Mark:
    return str(mark) if isinstance(mark, str) else cast("int", np.asarray(mark).item())


def _folder(path: Path, root: Path | None) -> str:
    """The folder, next below ``root``, in which a file stands."""
    parts = () if root is None or root == path else path.relative_to(root).parts
    if len(parts) < 2:
        raise DataError(
            "the file stands in no folder that could name its class",
            where=str(path),
            remedy="sort files into folders FOLDER/CLASS/…, or give labels=…: a function of the "
            "path, such as lambda p: p.stem.split('_')[0], or a list",
        )
    return parts[0]
