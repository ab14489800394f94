from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.describe.topology import beginning
from genprop.errors import DescriptionError

if TYPE_CHECKING:
    from genprop.describe.pattern import Pattern


def pairs_of(pattern: Pattern, pre: int, post: int) -> list[tuple[int, int]]:
    synapses = beginning(pattern.resolve(pre, post), pre, post)
    rows, columns = synapses.all_pairs()
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def test_dense_needs_no_list() -> None:
    spec = gp.dense().resolve(3, 4)
    assert (spec.kind, spec.row_start.size, spec.column.size) == ("dense", 0, 0)
    assert gp.dense().shape(spec, 3, 4) == (3, 4)


def test_pairs_are_sorted_into_rows() -> None:
    given = [(2, 0), (0, 3), (0, 1), (2, 3)]
    pattern = gp.sparse(pairs=given)
    spec = pattern.resolve(4, 4)
    assert spec.kind == "sparse"
    assert spec.row_start.tolist() == [0, 2, 2, 4, 4]
    assert pairs_of(pattern, 4, 4) == sorted(given)
    assert pattern.shape(spec, 4, 4) == (4,)


def test_one_to_one_is_the_diagonal() -> None:
    assert pairs_of(gp.one_to_one(), 3, 3) == [(0, 0), (1, 1), (2, 2)]
    with pytest.raises(DescriptionError, match="3 and 4"):
        gp.one_to_one().resolve(3, 4)


def test_random_pairs_follow_probability_and_seed() -> None:
    pattern = gp.sparse(0.1, seed=1)
    spec, pairs = pattern.resolve(100, 200), pairs_of(pattern, 100, 200)
    assert abs(len(pairs) / 20000 - 0.1) < 0.011  # 5 standard deviations
    assert len(set(pairs)) == len(pairs)
    assert pattern.shape(spec, 100, 200) == (len(pairs),)
    assert pairs == pairs_of(gp.sparse(0.1, seed=1), 100, 200)
    assert pairs != pairs_of(gp.sparse(0.1, seed=2), 100, 200)
    assert len(pairs_of(gp.sparse(1.0), 3, 4)) == 12
    assert pairs_of(gp.sparse(0.0), 3, 4) == []


def test_columns_ascend_within_each_row() -> None:
    pairs = pairs_of(gp.sparse(0.5), 20, 30)
    assert pairs == sorted(pairs)


@pytest.mark.parametrize("bad", [(4, 0), (0, 5), (-1, 0)])
def test_pairs_out_of_range_are_refused(bad: tuple[int, int]) -> None:
    with pytest.raises(DescriptionError, match="out of range"):
        gp.sparse(pairs=[(0, 0), bad]).resolve(4, 5)


def test_unsound_patterns_are_refused() -> None:
    with pytest.raises(DescriptionError, match=r"\(1, 2\) is given twice"):
        gp.sparse(pairs=[(1, 2), (0, 0), (1, 2)]).resolve(3, 3)
    with pytest.raises(DescriptionError, match="one of the two"):
        gp.sparse()
    with pytest.raises(DescriptionError, match="one of the two"):
        gp.sparse(0.1, pairs=[(0, 0)])
    with pytest.raises(DescriptionError, match="probability"):
        gp.sparse(1.5)
    with pytest.raises(DescriptionError, match="seed"):
        gp.sparse(0.5, seed=-1)
    with pytest.raises(DescriptionError, match="shape"):
        gp.sparse(pairs=np.zeros((3, 3), int))
    with pytest.raises(DescriptionError, match="float"):
        gp.sparse(pairs=np.zeros((3, 2)))  # pyright: ignore[reportArgumentType]
