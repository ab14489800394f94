"""Reading pickled arrays and containers without executing anything that the pickle names."""

from __future__ import annotations

import pickle
from pathlib import Path

from genprop.errors import DataError

__all__ = ["read_data_pickle"]

_ADMITTED = {
    ("_codecs", "encode"),
    ("builtins", "bytearray"),
    ("builtins", "set"),
    ("collections", "OrderedDict"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    *(
        (f"numpy.{core}.{name}", function)
        for core in ("core", "_core")
        for name, function in (
            ("multiarray", "_reconstruct"),
            ("multiarray", "scalar"),
            ("numeric", "_frombuffer"),
        )
    ),
}
"""What rebuilds numpy arrays and plain containers, by the modules of old and new numpy."""


class _PlainUnpickler(pickle.Unpickler):
    """Admits numpy arrays, numbers, text and plain containers; refuses every other name."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in _ADMITTED:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is not admitted")
        return super().find_class(module, name)


def read_data_pickle(file: Path) -> object:
    """What a pickle holds, if that is numpy arrays and plain containers of numbers and text.

    Raises:
        DataError: for a damaged file, and for one that names any other class or function; nothing
            of it is called.
    """
    try:
        with file.open("rb") as stream:
            return _PlainUnpickler(stream, encoding="latin1").load()
    except pickle.UnpicklingError as fault:
        raise DataError(
            f"the pickle is damaged or holds more than arrays and containers: {fault}",
            where=str(file),
            remedy="fetch it again; or, if you trust it, load it yourself and store its content "
            "as numpy arrays and lists",
        ) from fault
    except (
        EOFError,
        OSError,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
        KeyError,
    ) as fault:
        raise DataError(
            f"the pickle cannot be read: {fault}",
            where=str(file),
            remedy="it is half downloaded or of another kind: fetch it again",
        ) from fault
