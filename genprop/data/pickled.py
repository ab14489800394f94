"""Reading pickled arrays and containers without executing anything that the pickle names."""

from __future__ import annotations

import io
import pickle
import pickletools
from pathlib import Path

from genprop._reading import reading
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

_AGAIN = (
    "it may be half downloaded: fetch it again; or, if you trust it, load it yourself and store "
    "its content as numpy arrays and lists"
)


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
    with reading(file, "pickle of arrays and containers alone", DataError, _AGAIN):
        data = file.read_bytes()
        _refuse_claims(data)
        return _PlainUnpickler(io.BytesIO(data), encoding="latin1").load()


def _refuse_claims(data: bytes) -> None:
    """Refuse a pickle that claims more than it holds: Python would make room for it.

    Objects that are used again have numbers, which count them; none is beyond the bytes there are.
    """
    for opcode, argument, _ in pickletools.genops(io.BytesIO(data)):
        number = argument if isinstance(argument, int) else 0
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and not 0 <= number <= len(data):
            raise pickle.UnpicklingError(f"it numbers an object {number}")
