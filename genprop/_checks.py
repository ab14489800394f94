"""Numbers that come from outside, checked where they enter."""

from __future__ import annotations

import operator

from genprop.errors import ConfigurationError

__all__ = ["integer"]


def integer(value: object, what: str, *, least: int = 0, most: int = 2**63 - 1) -> int:
    """``value`` as an integer in [``least``, ``most``]; fractions, text and truth are none.

    Args:
        value: what was given.
        what: how the user writes it: ``"compile(batch=…)"``.
        least: the smallest that can be.
        most: the largest.

    Raises:
        ConfigurationError: for anything else.
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or not least <= number <= most:
        upper = "" if most == 2**63 - 1 else f" to {most}"
        raise ConfigurationError(
            f"{what} cannot be {value!r:.60}",
            where=what,
            remedy=f"give an integer from {least}{upper}",
        )
    return number
