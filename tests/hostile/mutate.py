"""Sound files made unsound: byte by byte, and value by value."""

from __future__ import annotations

import io
import json
import math
import random
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, cast

import h5py
import numpy as np
import tomlkit

Mutation = Callable[[random.Random, bytes], bytes]

NUMBERS = (-1, 0, 1, 2**31, 2**63, 10**18, 10**400, 1e308, -1e308, 5e-324, 0.5)
TEXTS = ("", "x", "\n", "\0", "é\u202e", '"""', "1" * 5000)
NESTED: tuple[Any, ...] = ([], [[]], [None], {}, {"is": "array"})
STRANGE = (None, True, False, *NUMBERS, math.nan, math.inf, *TEXTS, *NESTED)
WORDS = (
    *("(" * 300, "1e999", "-1", "nan", "0x10", "[", "]", "'", '"', "\\", "**", "exp(", "/0", "="),
    *("10**(10**10)", ";", "\n"),
)
ARRAYS: tuple[np.ndarray, ...] = (
    *(np.zeros(shape) for shape in ((), 0, (0, 3), (3, 0, 2), (1,) * 9)),
    *(np.full((2, 3), value) for value in (math.nan, math.inf, -1, 1e308)),
    *(np.ones(5, kind) for kind in (np.float16, ">f4", np.uint8, np.bool_, np.complex64, "S3")),
    *(np.array([value]) for value in (2**63, -(2**63), 1e308, b"", b"text")),
    np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]),
)


def by_bytes(rng: random.Random, data: bytes) -> bytes:
    """Cut off, left out, replaced, filled or repeated, at one to three places."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        kind, place = rng.randrange(7), rng.randrange(len(data) or 1)
        length = rng.randrange(1, 9)
        head, own, tail = data[:place], data[place : place + length], data[place + length :]
        if kind == 0:
            data = head
        elif kind == 1:
            data = head + tail
        elif kind == 2:
            data = head + rng.randbytes(length) + tail
        elif kind == 3:
            data = head + rng.choice((b"\xff", b"\0", b"\x7f", b"\x80")) * length + tail
        elif kind == 4:
            data = head + own * 9 + own + tail
        elif kind == 5 and own:
            data = head + bytes([own[0] ^ (1 << rng.randrange(8))]) + own[1:] + tail
        else:
            other = rng.randrange(len(data) or 1)
            data = head + data[other : other + length] + tail
    return data


def by_words(rng: random.Random, data: bytes) -> bytes:
    """A text of which one word is another of its words, or a strange one."""
    words = _split(data.decode("utf-8", "replace"))
    place = rng.randrange(len(words) or 1)
    strange = rng.choice(WORDS)
    if words:
        words[place] = rng.choice((strange, rng.choice(words), ""))
    return "".join(words).encode("utf-8", "replace")


def by_json(rng: random.Random, data: bytes) -> bytes:
    """One value of a JSON file is strange, is another's, or is gone."""
    content = json.loads(data)
    _change(rng, content)
    return json.dumps(content).encode("utf-8", "surrogatepass")


def by_toml(rng: random.Random, data: bytes) -> bytes:
    """The same of a TOML file, which holds no null and no number beyond 64 bits."""
    content = tomlkit.parse(data.decode()).unwrap()
    _change(rng, content)
    return tomlkit.dumps(_tomlable(content)).encode("utf-8", "replace")


def by_arrays(rng: random.Random, data: bytes) -> bytes:
    """One array of an archive is strange, missing, or there twice."""
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    name = rng.choice(sorted(arrays))
    kind = rng.randrange(4)
    if kind == 0:
        del arrays[name]
    elif kind == 1:
        arrays[name] = _bent(rng, arrays[name])
    else:
        arrays[name] = rng.choice(ARRAYS)
    buffer = io.BytesIO()
    np.savez(buffer, **cast("Any", arrays))
    if rng.randrange(20) == 0:
        with zipfile.ZipFile(buffer, "a") as archive:
            archive.writestr(rng.choice(("x.npy", "../x", f"{name}.npy")), b"\x93NUMPY")
    return buffer.getvalue()


def by_array(rng: random.Random, data: bytes) -> bytes:
    """The array of a file is another."""
    values = np.load(io.BytesIO(data), allow_pickle=False)
    buffer = io.BytesIO()
    np.save(buffer, _bent(rng, values) if rng.randrange(2) else rng.choice(ARRAYS))
    return buffer.getvalue()


def by_hdf5(rng: random.Random, data: bytes) -> bytes:
    """One data set, group or attribute of an HDF5 file is strange, gone, or a link."""
    buffer = io.BytesIO(data)
    with h5py.File(buffer, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        name = rng.choice(names or ["/"])
        attributes = [(n, key) for n in ["/", *names] for key in cast("Any", file[n]).attrs]
        kind = rng.randrange(8)
        if kind == 0 and attributes:
            where, key = rng.choice(attributes)
            cast("Any", file[where]).attrs[key] = _storable(rng.choice(STRANGE))
        elif kind == 1 and attributes:
            where, key = rng.choice(attributes)
            del cast("Any", file[where]).attrs[key]
        elif name != "/":
            found = file[name]
            values = np.asarray(found[()]) if isinstance(found, h5py.Dataset) else np.zeros(0)
            del file[name]
            _put(rng, file, name, values, kind)
    return buffer.getvalue()


def _put(rng: random.Random, file: h5py.File, name: str, values: np.ndarray, kind: int) -> None:
    if kind == 2:
        return
    if kind == 3:
        file.create_group(name)
    elif kind == 4:
        links = (h5py.SoftLink("/"), h5py.ExternalLink("other.h5", "/x"), file["/"])
        file[name] = rng.choice(links)
    elif kind == 5 and values.dtype.kind in "iufb":
        file[name] = _bent(rng, values)
    elif kind == 6:
        _rows(rng, file, name)
    else:
        file[name] = rng.choice((*ARRAYS, h5py.Empty("f"), "text"))


def _rows(rng: random.Random, file: h5py.File, name: str) -> None:
    """Rows of any length, of a strange kind or number."""
    kind = rng.choice((np.dtype("f4"), np.dtype("i8"), np.dtype("u1")))
    rows = rng.choice((0, 1, 3))
    options = rng.choice(({}, {"compression": "gzip"}, {"shuffle": True, "chunks": (1,)}))
    shape = (rows,) if rows or "chunks" not in options else (1,)
    if 0 in shape:
        options = {}
    made = file.create_dataset(name, shape, h5py.vlen_dtype(kind), **cast("Any", options))
    for k in range(shape[0]):
        made[k] = np.arange(rng.choice((0, 1, 4, 300))).astype(kind)
    if made.chunks and rng.randrange(2):
        claim = np.array([rng.choice((3, 2**20, 2**32 - 1)), 96, 0, 1], "<u4").tobytes()
        packed = claim * made.chunks[0]
        if "compression" in options:
            packed = zlib.compress(packed)
        else:
            packed = np.frombuffer(packed, np.uint8).reshape(-1, 16).T.tobytes()
        made.id.write_direct_chunk((0,), packed)


def _bent(rng: random.Random, values: np.ndarray) -> np.ndarray:
    """The same values in another type, shape or order, or with one that is strange."""
    kind = rng.randrange(5)
    if kind == 0 and values.dtype.kind in "iufb":
        return values.astype(rng.choice(("f2", "f8", "i1", "u8", "S3", "?", "c8")))
    if kind == 1:
        return values.ravel()[: rng.randrange(values.size + 1)]
    if kind == 2:
        return np.concatenate([values.ravel()] * 2)
    if kind == 3:
        return values.reshape((*values.shape[::-1],))
    bent = values.astype(np.float64 if values.dtype.kind in "iub" else values.dtype).copy()
    if bent.size and bent.dtype.kind == "f":
        with np.errstate(over="ignore"):
            bent.flat[rng.randrange(bent.size)] = rng.choice((np.nan, np.inf, -1.0, 1e300, 0.5))
    return bent


def _change(rng: random.Random, content: Any) -> None:
    """Alter one value of nested tables and lists in place."""
    places = _places(content)
    if not places:
        return
    holder, key = rng.choice(places)
    kind = rng.randrange(4)
    if kind == 0 and isinstance(holder, dict):
        del holder[key]
    elif kind == 1:
        other_holder, other_key = rng.choice(places)
        holder[key] = json.loads(json.dumps(other_holder[other_key], default=str))
    elif kind == 2 and isinstance(holder, dict):
        holder[str(rng.choice(STRANGE))] = holder.pop(key)
    else:
        holder[key] = rng.choice(STRANGE)


def _places(content: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [content]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], (dict, list)):
                waiting.append(holder[key])
    return found


def _tomlable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _tomlable(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_tomlable(v) for v in value if v is not None]
    return value


def _storable(value: object) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return float(min(value, 10**300))
    if isinstance(value, str):
        return value.replace("\0", "") or h5py.Empty("f")
    return h5py.Empty("f") if value is None or isinstance(value, (list, dict)) else value


def _split(text: str) -> list[str]:
    """Words, numbers and single signs, with the spaces between them."""
    words: list[str] = []
    for sign in text:
        if words and (sign.isalnum() or sign == "_") and (words[-1][-1].isalnum()):
            words[-1] += sign
        else:
            words.append(sign)
    return words
