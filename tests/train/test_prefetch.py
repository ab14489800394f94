"""The next batch is made while the current one is used, and nothing else changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from genprop.train.prefetch import prefetch


def test_items_come_in_their_order_and_once() -> None:
    assert list(prefetch(range(100))) == list(range(100))
    assert list(prefetch([])) == []
    assert list(prefetch([0, None, ()])) == [0, None, ()]


def test_the_next_item_is_made_while_the_current_one_is_used() -> None:
    made = [threading.Event() for _ in range(4)]

    def items() -> Iterator[int]:
        for k, event in enumerate(made):
            event.set()
            yield k

    for k in prefetch(items()):
        assert all(event.wait(10) for event in made[: k + 2])
        assert not any(event.is_set() for event in made[k + 2 :]), "one ahead, not more"


def test_a_fault_comes_where_the_item_would_have_come() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the third")

    seen: list[int] = []
    with pytest.raises(ValueError, match="the third"):
        for item in prefetch(items()):
            seen.append(item)
    assert seen == [1, 2]


def test_no_thread_is_left_where_learning_stops_early() -> None:
    batches = prefetch(iter(range(100)))
    assert next(batches) == 0
    batches.close()
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("genprop-data")]
