"""Numbers, paths and objects that come from outside, checked where they enter."""

from __future__ import annotations

import contextlib
import math
import operator
import os
import sys
from collections.abc import Collection, Generator, Sequence
from pathlib import Path
from typing import cast

from genprop.errors import ConfigurationError, GenpropError, UnsupportedError

__all__ = [
    "enough_memory",
    "given_path",
    "integer",
    "is_one_of",
    "memory",
    "real",
    "refuse_unlike",
    "refuse_unlike_all",
    "within_memory",
]


def integer(
    value: object,
    what: str,
    *,
    least: int = 0,
    most: int = 2**63 - 1,
    fault: type[GenpropError] = ConfigurationError,
) -> int:
    """``value`` as an integer in [``least``, ``most``]; fractions, text and truth are none.

    Args:
        value: what was given.
        what: how the user writes it: ``"compile(batch=…)"``.
        least: the smallest that can be.
        most: the largest.
        fault: the class of error that callers know.

    Raises:
        GenpropError: a ``fault`` for anything else.
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or not least <= number <= most:
        upper = "" if most == 2**63 - 1 else f" to {most}"
        raise fault(
            f"{what} cannot be {value!r:.60}",
            where=what,
            remedy=f"give an integer from {least}{upper}",
        )
    return number


def real(
    value: object,
    what: str,
    *,
    least: float = -math.inf,
    most: float = math.inf,
    above: float = -math.inf,
    fault: type[GenpropError] = ConfigurationError,
) -> float:
    """``value`` as a finite number in [``least``, ``most``]; text and truth are none.

    Args:
        value: what was given.
        what: how the user writes it: ``"Adam(rate=…)"``.
        least: the smallest that can be.
        most: the largest.
        above: what it must be larger than.
        fault: the class of error that callers know.

    Raises:
        GenpropError: a ``fault`` for anything else.
    """
    try:
        number = math.nan if isinstance(value, str | bytes | bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not (math.isfinite(number) and least <= number <= most and number > above):
        ends = [("from", least), ("above", above), ("to", most)]
        words = "".join(f" {word} {end:g}" for word, end in ends if math.isfinite(end))
        raise fault(
            f"{what} cannot be {value!r:.60}", where=what, remedy=f"give a finite number{words}"
        )
    return number


def is_one_of(value: object, names: Collection[str]) -> bool:
    """Whether ``value`` is text, and one of ``names``; an array or a list is none."""
    return isinstance(value, str) and value in names


def refuse_unlike(
    value: object,
    attributes: str,
    what: str,
    remedy: str,
    fault: type[GenpropError] = ConfigurationError,
) -> None:
    """Refuse an object of another kind than is expected.

    Args:
        value: what was given.
        attributes: what objects of that kind have, and no others.
        what: how the user writes it: ``"compile(net, …)"``.
        remedy: what to give.
        fault: the class of error that callers know.

    Raises:
        GenpropError: a ``fault`` for an object without one of them, and for a class.
    """
    if isinstance(value, type) or not all(hasattr(value, name) for name in attributes.split()):
        kind = value.__name__ if isinstance(value, type) else type(value).__name__
        raise fault(f"{what} cannot be a {kind}", where=what, remedy=f"give {remedy}")


def refuse_unlike_all(
    values: object,
    attributes: str,
    what: str,
    remedy: str,
    fault: type[GenpropError] = ConfigurationError,
) -> None:
    """Refuse what is no list or tuple of such objects, as ``refuse_unlike`` does one of them."""
    if not isinstance(values, (list, tuple)):
        kind = type(values).__name__
        raise fault(f"{what} is a list, not a {kind}", where=what, remedy=f"give [{remedy}, …]")
    for one in cast("Sequence[object]", values):
        refuse_unlike(one, attributes, what, remedy, fault)


def given_path(value: object, what: str, fault: type[GenpropError] = ConfigurationError) -> Path:
    """``value`` as a path, ``~`` being the user's own folder.

    Raises:
        GenpropError: a ``fault`` for what is neither text nor a path.
    """
    if not isinstance(value, (str, Path)) or "\0" in str(value):
        kind = type(value).__name__ if not isinstance(value, (str, Path)) else "text with a zero"
        raise fault(f"{what} cannot be a {kind}", where=what, remedy="give a path")
    return Path(value).expanduser()


def within_memory(numbers: float, what: str, remedy: str) -> None:
    """Refuse what needs more memory than there is, before it is made.

    Args:
        numbers: how many of 8 bytes each have to be held at once.
        what: what they are, in words that begin a sentence: ``"the weights of a->b"``.
        remedy: what to do about it.

    Raises:
        UnsupportedError: where this process cannot have so much.
    """
    if 8.0 * numbers > memory():
        raise UnsupportedError(
            f"{what} would take {8e-9 * numbers:.4g} GB of memory, there are {memory() / 1e9:.3g}",
            remedy=remedy,
        )


@contextlib.contextmanager
def enough_memory(what: str, remedy: str) -> Generator[None]:
    """Tell a memory that does not suffice within as an UnsupportedError."""
    try:
        yield
    except MemoryError as error:
        raise UnsupportedError(f"the memory does not suffice for {what}", remedy=remedy) from error


def memory() -> float:
    """The bytes that this process may have: the computer's, or the limit that was set for it."""
    try:
        found = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):  # no POSIX
        return math.inf
    if sys.platform != "win32":
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            found = min(found, float(limit))
    return found
