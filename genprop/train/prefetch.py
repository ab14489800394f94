"""Preparing the next batch while the current one is learned from."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["prefetch"]

Item = TypeVar("Item")


def prefetch(items: Iterable[Item]) -> Generator[Item]:
    """The same items in the same order; the next one is made in a thread meanwhile.

    A fault in making an item is raised where the item would have come. Compiled simulations leave
    the interpreter to that thread, so that learning need not wait for its data.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(1, "genprop-data") as thread:
        following = thread.submit(_taken, iterator)
        while taken := following.result():
            following = thread.submit(_taken, iterator)
            yield taken[0]


def _taken(iterator: Iterable[Item]) -> tuple[Item, ...]:
    """The next item, in a tuple that is empty at the end."""
    for item in iterator:
        return (item,)
    return ()
