"""Names of the description as identifiers of generated code."""

from __future__ import annotations

import re

__all__ = ["identifier", "type_name"]


def identifier(name: str) -> str:
    """A flat name as a C identifier: ``input->hidden`` becomes ``input_to_hidden``."""
    word = re.sub(r"\W+", "_", name.replace("->", "_to_")).strip("_")
    return word if not word[:1].isdigit() else f"n{word}"


def type_name(name: str) -> str:
    """A name as a C++ type: ``hidden_2`` becomes ``Hidden2``."""
    return "".join(part[:1].upper() + part[1:] for part in identifier(name).split("_"))
