"""Templates as Jinja compiled them before, for the next network."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import jinja2

from genprop.errors import ConfigurationError

if TYPE_CHECKING:
    from jinja2.bccache import Bucket

__all__ = ["CompiledTemplates"]


class CompiledTemplates(jinja2.BytecodeCache):
    """Compiled templates, wherever ``write`` keeps them, under what they were compiled from.

    What ``read`` gives is run: it must give only what this user has written.
    """

    def __init__(
        self, read: Callable[[str], bytes | None], write: Callable[[str, bytes], object]
    ) -> None:
        self._read = read
        self._write = write

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what the same text gave; Jinja itself looks whether it was the same Python."""
        if (found := self._read(_key(bucket))) is not None:
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled; where nothing can be kept it is compiled again."""
        try:
            self._write(_key(bucket), bucket.bytecode_to_string())
        except ConfigurationError:
            return


def _key(bucket: Bucket) -> str:
    """Names a template's place and text, how it was read, and the Jinja that compiled it."""
    e = bucket.environment
    read_as = (e.trim_blocks, e.lstrip_blocks, e.keep_trailing_newline, e.line_statement_prefix)
    words = ("template", bucket.key, bucket.checksum, jinja2.__version__, repr(read_as))
    return hashlib.sha256("\n".join(words).encode()).hexdigest()
