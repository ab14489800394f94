"""What a search may choose a setting from: ``"log 1e-4..1e-2"``, ``"int 8..256"``, ``["a", "b"]``.

::

    "0.1..1"            a number, each alike
    "log 1e-4..1e-2"    a number, each order of magnitude alike
    "int 8..256"        an integer, both ends included; "log int 8..256" by its magnitude
    ["adam", "sgd"]     one of these: texts, numbers, true and false
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from genprop.errors import ConfigurationError

__all__ = ["Space", "Value", "space_of"]

Value = bool | int | float | str
_REMEDY = 'write "log 1e-4..1e-2", "0.1..1", "int 8..256", "log int 8..256" or ["a", "b"]'


@dataclass(frozen=True, slots=True)
class Space:
    """The values of one setting: an interval, both ends included, or a list of choices.

    Attributes:
        low: the least value, of an interval.
        high: the largest.
        log: whether each order of magnitude is as likely, instead of each number.
        whole: whether they are integers.
        choices: the values where they are a list, else nothing.
    """

    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    choices: tuple[Value, ...] = ()

    def __str__(self) -> str:
        if self.choices:
            return json.dumps(list(self.choices), ensure_ascii=False)
        kind = "log " * self.log + "int " * self.whole
        low, high = (int(x) if self.whole else x for x in (self.low, self.high))
        return f"{kind}{low!r}..{high!r}"

    @property
    def ends(self) -> tuple[Value, ...]:
        """Values that stand for all: both ends, or every choice."""
        if self.choices:
            return self.choices
        return (int(self.low), int(self.high)) if self.whole else (self.low, self.high)


def space_of(given: object, where: str) -> Space:
    """The space that a train.toml gives.

    Args:
        given: a text or a list.
        where: it stands, for errors.

    Raises:
        ConfigurationError: for what is no space, an empty one, and one without orders of magnitude.
    """
    if isinstance(given, list):
        return Space(choices=_choices(cast("list[object]", given), where))
    number = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
    form = rf"\s*((?:(?:log|int)\s+)*)({number})\s*\.\.\s*({number})\s*"
    found = re.fullmatch(form, given) if isinstance(given, str) else None
    words = found[1].split() if found else []
    if found is None or len(set(words)) != len(words) or "..." in found[0]:
        raise ConfigurationError(f"{given!r:.60} is no space", where=where, remedy=_REMEDY)
    low, high, whole = float(found[2]), float(found[3]), "int" in words
    if whole and not all(re.fullmatch(r"[-+]?[0-9]{1,15}", found[k]) for k in (2, 3)):
        fault = "the ends of integers are integers"
    elif not math.isfinite(low) or not math.isfinite(high):
        fault = "the ends are beyond all numbers"
    elif not low < high:
        fault = "the space is empty"
    elif "log" in words and low <= 0:
        fault = "only what is above zero has orders of magnitude"
    else:
        return Space(low, high, "log" in words, whole)
    raise ConfigurationError(f"{given!r} is no space: {fault}", where=where, remedy=_REMEDY)


def _choices(given: Sequence[object], where: str) -> tuple[Value, ...]:
    reported = [repr(value) for value in given]
    odd = [value for value in given if not isinstance(value, (bool, int, float, str))]
    if odd or len(given) < 2 or len(set(reported)) < len(reported):
        what = "has others than texts, numbers and booleans" if odd else "has not two or more"
        raise ConfigurationError(
            f"the list {json.dumps(given, default=str):.60} {what}",
            where=where,
            remedy="give at least two different values",
        )
    return tuple(value for value in given if isinstance(value, (bool, int, float, str)))
