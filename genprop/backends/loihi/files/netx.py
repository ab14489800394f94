"""NetX files: an integer network as layers in HDF5, the exchange format of lava-dl.

``/layer/i/`` holds ``shape``, ``type`` (``input``, ``dense``, ``dense_rec``), ``weight`` and
``weight_rec`` float32 (post, pre) of integers, ``delay`` and ``delay_rec`` int32 (post, pre)
in steps, and ``neuron/`` with ``type`` (CUBA), ``iDecay``, ``vDecay``, ``vThMant``, ``refDelay``.
Layer 0 is the input. Layout: lava-dl 0.6.0, lava/lib/dl/netx.

Lava's own reader handles delays of feed-forward synapses, ignores ``delay_rec``, and mis-scales
recurrent weights with delays; :func:`read_netx` reads all. Mixed weights stand in the file as they
act; a reader doubles them and takes the exponent −1.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from genprop._hdf5 import opened
from genprop._reading import as_integers
from genprop._writing import writing
from genprop.backends.loihi.chip.incompatibilities import incompatibilities
from genprop.backends.loihi.chip.integers import Cells, IntegerNetwork, Synapses
from genprop.backends.loihi.chip.limits import DECAY, DELAY, THRESHOLD, WEIGHT, Limit
from genprop.backends.loihi.chip.weights import stored_weights
from genprop.errors import DataError, GenpropError, UnsupportedError, refuse_if

if TYPE_CHECKING:
    from genprop.backends.loihi.chip.integers import Integers

__all__ = ["effective_weights", "read_netx", "write_netx"]


_REMEDY = "export it again, and check that the copy is complete"


def write_netx(path: str | Path, network: IntegerNetwork) -> None:
    """Write a network whose populations form a chain, each with or without recurrent synapses.

    Raises:
        UnsupportedError: for what the format cannot hold, all at once.
        OutputError: where the file cannot be written.
    """
    refuse_if([*incompatibilities(network), *_beyond_format(network)])
    chain = _chain(network)
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        (source, size), *_ = network.sources.items()
        _write_input(file.create_group("layer/0"), size)
        before = source
        for k, cells in enumerate(chain, 1):
            forward = _between(network, before, cells.name)
            back = _between(network, cells.name, cells.name)
            _write_layer(file.create_group(f"layer/{k}"), cells, forward, back)
            before = cells.name
    with writing(path):
        Path(path).write_bytes(image.getvalue())


def read_netx(path: str | Path) -> IntegerNetwork:
    """The network of a file; its source is called ``input``, its layers ``layer1``, ``layer2``, … .

    Raises:
        DataError: for a file that is missing, cut off, of another layout, or beyond the chip.
    """
    with opened(path, "NetX file", DataError, _REMEDY) as file:
        layers = [_group(file, f"layer/{k}") for k in range(len(_group(file, "layer")))]
        kinds = [_text(layer["type"]) for layer in layers]
        if kinds[:1] != ["input"] or not set(kinds[1:]) <= {"dense", "dense_rec"}:
            raise _damaged(path, f"the layers are {', '.join(kinds)}")
        size = int(np.prod(_array(layers[0], "shape")))
        cells = [_read_cells(layer, f"layer{k}") for k, layer in enumerate(layers[1:], 1)]
        names = ["input", *(c.name for c in cells)]
        synapses = [
            s for k, layer in enumerate(layers[1:], 1)
            for s in _read_synapses(layer, names[k - 1], names[k])
        ]  # fmt: skip
    network = IntegerNetwork({"input": size}, tuple(cells), tuple(synapses))
    refuse_if(_incompatibilities(network, path))
    return network


def effective_weights(synapses: Synapses) -> Integers:
    """The weights as they act, (pre, post): stored ones times 2 to the exponent, integers.

    Raises:
        UnsupportedError: where a shift to the right cuts off bits of a weight.
    """
    stored, shift = stored_weights(synapses.weight, synapses.bits), synapses.exponent
    if shift >= 0:
        return stored << shift
    if np.any(stored & ((1 << -shift) - 1)):
        raise UnsupportedError(
            f"the exponent {shift} cuts off bits of weights",
            where=f"synapses {synapses.pre}->{synapses.post}",
            remedy="use weights that are multiples of its power of two",
        )
    return stored >> -shift


def _beyond_format(network: IntegerNetwork) -> Iterator[GenpropError]:
    """Whatever the format has no place for."""
    if len(network.sources) != 1:
        yield _unheld(f"there are {len(network.sources)} inputs, a file holds one")
    elif len(_chain(network)) != len(network.cells):
        yield _unheld("the populations do not form one chain")
    expected = {*_links(network)}
    for s in network.synapses:
        if (s.pre, s.post) not in expected and s.pre != s.post:
            yield _unheld(f"{s.pre}->{s.post} skips or reverses the chain")
    pairs = [(s.pre, s.post) for s in network.synapses]
    for pre, post in sorted({p for p in pairs if pairs.count(p) > 1}):
        yield _unheld(f"there are several projections {pre}->{post}")
    for c in network.cells:
        if np.any(np.asarray(c.bias) != 0) or c.interval:
            yield _unheld(f"population {c.name} has a constant input or a reset interval")
    for s in network.synapses:
        weight = effective_weights(s)
        if weight.min(initial=0) < WEIGHT.lowest or weight.max(initial=0) > WEIGHT.highest:
            yield _unheld(f"weights of {s.pre}->{s.post} are beyond {WEIGHT}")


def _chain(network: IntegerNetwork) -> list[Cells]:
    """The populations in order from the input on, as far as each leads to one other."""
    found: list[Cells] = []
    by_name = {c.name: c for c in network.cells}
    links = dict(_links(network))
    name = next(iter(network.sources), "")
    while (name := links.get(name, "")) in by_name:
        found.append(by_name.pop(name))
    return found


def _links(network: IntegerNetwork) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for s in network.synapses:
        if s.pre != s.post and s.pre not in seen:
            seen.add(s.pre)
            yield s.pre, s.post


def _between(network: IntegerNetwork, pre: str, post: str) -> Synapses | None:
    return next((s for s in network.synapses if (s.pre, s.post) == (pre, post)), None)


def _write_input(group: h5py.Group, size: int) -> None:
    group["shape"] = np.array([size], np.int64)
    group["type"] = np.array([b"input"], "S10")


def _write_layer(
    group: h5py.Group, cells: Cells, forward: Synapses | None, back: Synapses | None
) -> None:
    group["shape"] = np.array([cells.size], np.int64)
    group["type"] = np.array([b"dense_rec" if back else b"dense"], "S10")
    for name in ("inFeatures", "outFeatures"):
        group[name] = h5py.Empty("f")
    for synapses, ending in ((forward, ""), (back, "_rec")):
        if synapses is None:
            continue
        group[f"weight{ending}"] = effective_weights(synapses).T.astype(np.float32)
        if synapses.delay is not None:
            group[f"delay{ending}"] = synapses.delay.T.astype(np.int32)
    neuron = group.create_group("neuron")
    neuron["type"] = np.array([b"CUBA"], "S10")
    numbers = {"iDecay": cells.du + 1, "vDecay": cells.dv, "vThMant": cells.vth, "refDelay": 1}
    for name, value in numbers.items():
        neuron[name] = np.int32(value)
    neuron["gradedSpike"] = h5py.Empty("f")


def _read_cells(layer: h5py.Group, name: str) -> Cells:
    neuron = _group(layer, "neuron")
    kind = _text(neuron["type"])
    if not kind.startswith("CUBA"):
        raise ValueError(f"the neurons of {name} are {kind}, not CUBA")
    current, voltage, vth = (_whole(neuron, key) for key in ("iDecay", "vDecay", "vThMant"))
    return Cells(name, int(np.prod(_array(layer, "shape"))), current - 1, voltage, vth)


def _whole(group: h5py.Group, key: str) -> int:
    value = _array(group, key).ravel()
    if value.dtype.kind not in "iuf" or value.size != 1 or value[0] != np.rint(value[0]):
        raise ValueError(f"{key} is {value}, not one integer")
    return int(value[0])


def _read_synapses(layer: h5py.Group, before: str, name: str) -> Iterator[Synapses]:
    for pre, ending in ((before, ""), (name, "_rec")):
        if f"weight{ending}" not in layer:
            continue
        given = _array(layer, f"weight{ending}").T
        weight = as_integers(given, f"weight{ending} of {name}")
        largest = max(-int(weight.min(initial=0)), int(weight.max(initial=0)))
        if weight.ndim != 2 or largest >= 1 << 30:
            raise ValueError(f"weight{ending} of {name} is no matrix of numbers of the chip")
        key = f"delay{ending}"
        delay = as_integers(_array(layer, key).T, f"{key} of {name}") if key in layer else None
        mixed = weight.min(initial=0) < 0 < weight.max(initial=0)
        yield Synapses(pre, name, 2 * weight if mixed else weight, delay, -1 if mixed else 0)


def _incompatibilities(network: IntegerNetwork, path: str | Path) -> Iterator[GenpropError]:
    """Numbers beyond the chip, and shapes that do not fit each other."""
    sizes = network.sources | {c.name: c.size for c in network.cells}
    for c in network.cells:
        numbers = ((THRESHOLD, c.vth), (DECAY, c.du + 1), (DECAY, c.dv))
        for limit, value in numbers:
            if not limit.holds(value):
                yield _beyond(path, c.name, limit, value)
    for s in network.synapses:
        name = f"{s.pre}->{s.post}"
        shape = (sizes[s.pre], sizes[s.post])
        if s.weight.shape != shape or (s.delay is not None and s.delay.shape != shape):
            yield _damaged(path, f"weights or delays of {name} do not have the shape {shape}")
            continue
        weight = s.weight >> 1 if s.exponent else s.weight
        for limit, values in ((WEIGHT, weight), (DELAY, s.delay)):
            if values is not None and values.size:
                worst = next((x for x in (values.min(), values.max()) if not limit.holds(x)), None)
                if worst is not None:
                    yield _beyond(path, name, limit, int(worst))


def _beyond(path: str | Path, name: str, limit: Limit, value: int) -> DataError:
    return DataError(
        f"{name} has {limit.what} {value}, beyond {limit}",
        where=str(path),
        remedy="export the network again within the limits of the chip",
    )


def _damaged(path: str | Path, why: str) -> DataError:
    return DataError(
        f"this is no whole NetX file: {why}",
        where=str(path),
        remedy=_REMEDY,
    )


def _unheld(what: str) -> UnsupportedError:
    return UnsupportedError(
        what,
        where="the NetX file",
        remedy="one input, one chain of populations, each with one projection on itself at most",
    )


def _group(parent: h5py.Group, name: str) -> Any:
    return parent[name]


def _array(group: h5py.Group, name: str) -> np.ndarray:
    return np.asarray(_group(group, name)[()])


def _text(dataset: Any) -> str:
    value = np.asarray(dataset[()]).ravel()[0]
    return value.decode() if isinstance(value, bytes) else str(value)
