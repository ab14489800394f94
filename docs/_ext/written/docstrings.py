"""What docstrings say of their arguments, for tables of settings."""

from __future__ import annotations

import inspect
import re

__all__ = ["arguments", "markdown"]


def arguments(documented: object) -> dict[str, str]:
    """By name, what the section ``Args:`` or ``Attributes:`` says, as Markdown."""
    text = inspect.getdoc(documented) or ""
    found: dict[str, str] = {}
    for section in re.findall(r"^(?:Args|Attributes):\n((?:    .*\n?|\n)+)", text, re.MULTILINE):
        for name, words in re.findall(r"^    (\w+): ((?:.*\n?)(?:        .*\n?)*)", section, re.M):
            found[name] = markdown(" ".join(words.split()))
    return found


def markdown(text: str) -> str:
    """A docstring's marks as those of Markdown."""
    text = re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", text)
    return text.replace("``", "`").replace("|", r"\|")
