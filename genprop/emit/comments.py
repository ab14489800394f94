"""Text of the user's in comments, docstrings and strings of generated code: words, never code."""

from __future__ import annotations

__all__ = ["comment"]

_LONGEST = 200
_SAFE = str.maketrans({"\\": "/", '"': "'", "`": "'", "{": "(", "}": ")"})


def comment(text: str) -> str:
    """``text`` on one line that ends no comment and no string of C++, Python, TOML or HTML.

    What is not printable, line ends and marks that turn the direction of writing included, becomes
    a question mark; quotes, backslashes, braces and ends of comments become harmless neighbours.
    """
    line = "".join(c if c.isprintable() else "?" for c in text[:_LONGEST]).translate(_SAFE)
    return line.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?").strip()
