"""Which tests share a worker."""

from __future__ import annotations

import pytest

from tests.conftest import group_of


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/a.py::test_a[recurrent@0.1ms]", "network recurrent"),
        ("tests/b.py::test_b[double-recurrent]", "network recurrent"),
        ("tests/b.py::test_b[equal_time_constants-sgd]", "network equal_time_constants"),
        ("tests/b.py::test_recurrent[float]", "tests/b.py"),
        ("tests/recurrent/b.py::test_b", "tests/recurrent/b.py"),
    ],
)
def test_tests_of_one_network_share_a_worker_and_others_their_files(
    nodeid: str, group: str
) -> None:
    assert group_of(nodeid) == group
