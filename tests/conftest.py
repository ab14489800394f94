"""What all tests share."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the generated sources below tests/golden anew instead of comparing with them",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests with live Lava take minutes, so they run when they are asked for by name."""
    if "lava" in str(config.getoption("markexpr")):
        return
    for item in items:
        if item.get_closest_marker("lava") is not None:
            item.add_marker(pytest.mark.skip(reason="live Lava takes minutes: pytest -m lava"))
