"""Groups are a partition: every neuron is in one of them, and in one only."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop.errors import DescriptionError


def test_groups_of_one_size_are_neighbours() -> None:
    found = gp.groups(6, 2)
    assert found.of.tolist() == [0, 0, 1, 1, 2, 2]
    assert found.count == 3 and found.sizes.tolist() == [2, 2, 2]


def test_listed_groups_connect_their_neurons_and_back() -> None:
    found = gp.groups(5, [[0, 2], [1, 3, 4]])
    gather, spread = found.gather.resolve(5, 2), found.spread.resolve(2, 5)
    assert gather.column.tolist() == [0, 1, 0, 1, 1]
    assert np.diff(spread.row_start).tolist() == [2, 3] and spread.column.tolist() == [
        0,
        2,
        1,
        3,
        4,
    ]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([[0, 1], [1, 2, 3]], r"groups overlap: neuron 1 is .* \(1 in groups 0, 1\)"),
        ([[0, 1], [3]], "neuron 2 is in no group"),
        ([[0, 1, 2], [3, 4]], "neuron 4 is in a group and not among the 4 neurons"),
        ([[0, 1, 2, 3], []], "group 1 is empty"),
        ([[0, 1], "ab"], "group 1 is 'ab', no list of neurons"),
        (3, "cannot be divided into groups of 3: 1 would be left out"),
        (0, "cannot be 0"),
    ],
)
def test_what_is_no_partition_is_refused_with_the_neuron(members: object, words: str) -> None:
    with pytest.raises(DescriptionError, match=words):
        gp.groups(4, members)  # type: ignore[arg-type]


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(DescriptionError) as refusal:
        gp.groups(6, [[0, 1], [1, 2], [9]])
    for words in ("3 problems", "overlap", "neurons 3, 4, 5 are in no group", "neuron 9"):
        assert words in str(refusal.value)
