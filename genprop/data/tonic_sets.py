"""The door to tonic, which downloads event data sets and reads many more."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from genprop._checks import integer
from genprop.data.dataset import Dataset
from genprop.data.quantity import in_unit
from genprop.data.spikes import SpikeBatch
from genprop.errors import DataError
from genprop.units import ms

if TYPE_CHECKING:
    from genprop.data.quantity import Time

__all__ = ["download", "from_tonic", "opened"]

_PARTS = {"train": {"train": True}, "test": {"train": False}}


class TonicSet(Protocol):
    """What a data set of tonic has: pairs (structured events, label), and ``classes``."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> tuple[npt.NDArray[np.void], int]: ...


def download(name: str, folder: Path, missing: Sequence[str]) -> None:
    """Let tonic fetch the set ``name`` into ``folder``; the only place that uses the network.

    Args:
        name: tonic's class, ``"SHD"`` or ``"SSC"``.
        folder: tonic makes a folder of that name in it.
        missing: the files wanted, such as ``"shd_train"``.

    Raises:
        DataError: where tonic is not installed, or the download fails.
    """
    wanted = ", ".join(f"{stem}.h5" for stem in missing)
    try:
        datasets = importlib.import_module("tonic.datasets")
    except ImportError as absent:
        raise DataError(
            f"{wanted} of {name} is not there, and tonic, which downloads it, is not installed",
            where=str(folder),
            remedy="pip install 'genprop[data]', or put the files there yourself (plain, .gz or "
            ".zip; from https://zenkelab.org/datasets)",
        ) from absent
    for stem in missing:
        part = stem.rpartition("_")[2]
        choice = {"split": part} if name == "SSC" else _PARTS[part]
        try:
            getattr(datasets, name)(save_to=str(folder), **choice)
        except Exception as fault:
            raise DataError(
                f"tonic could not download {stem} of {name}: {fault}",
                where=str(folder),
                remedy="try again, or put the files there yourself",
            ) from fault


def opened(name: str, folder: Path, part: str, options: Mapping[str, object]) -> Any:
    """Tonic's data set ``name``; what of it is missing is downloaded, with a bar and a checksum.

    Args:
        name: tonic's class, ``"NMNIST"`` or ``"DVSGesture"``.
        folder: tonic has a folder of that name in it.
        part: ``"train"`` or ``"test"``.
        options: of the class.

    Raises:
        DataError: where tonic is not installed, or what is missing cannot be downloaded.
    """
    try:
        datasets = importlib.import_module("tonic.datasets")
    except ImportError as absent:
        raise DataError(
            f"{name} is read by tonic, which is not installed ({absent})",
            where=str(folder),
            remedy="pip install 'genprop[data]' (tonic is under the GPL-3)",
        ) from absent
    try:
        return getattr(datasets, name)(save_to=str(folder), **_PARTS[part], **options)
    except Exception as fault:
        raise DataError(
            f"tonic could not get {name} {part}: {fault}",
            where=str(folder / name),
            remedy="without a network, copy the folder that tonic makes elsewhere, with its "
            "archives: it takes what is there for downloaded",
        ) from fault


def from_tonic(
    samples: TonicSet,
    *,
    sensor_size: tuple[int, int, int],
    classes: int,
    duration: Time | None = None,
    pool: int = 1,
    name: str = "tonic",
    label_names: Iterable[str] = (),
) -> Dataset:
    """The data set of a data set of tonic, or of anything that gives its kind of events.

    Channel = (p · height + y) · width + x; a field the events lack, or of extent 1, counts as 0.
    Of pooled pixels x, y, width and height are those of the squares of ``pool`` × ``pool``.

    Args:
        samples: gives (events, label); events is structured with ``t`` in µs and some of x, y, p.
        sensor_size: (width, height, polarities), tonic's ``sensor_size``.
        classes: how many classes there are.
        duration: later events are dropped [ms]; None: the longest sample, rounded up to 1 ms.
        pool: so many pixels by so many become one, with the events of all of them.
        name: what to call it.
        label_names: one per class, or empty.

    Raises:
        DataError: for events outside the sensor, without times or with absolute ones, and for
            labels that are no class.
    """
    pool = integer(pool, "pool=…", least=1, fault=DataError)
    ends = np.inf if duration is None else in_unit(duration, ms, "duration")
    pairs: list[tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]] = []
    labels: list[int] = []
    for k in range(len(samples)):
        events, label = samples[k]
        times, channels = _flat(events, k, sensor_size, pool)
        pairs.append((times[times < ends].astype(np.float32), channels[times < ends]))
        labels.append(int(label))
    longest = max((float(t.max()) for t, _ in pairs if t.size), default=0.0)
    width, height, polarities = sensor_size
    spikes = SpikeBatch.from_events(
        pairs,
        channels=_pooled(width, pool) * _pooled(height, pool) * polarities,
        duration=float(np.floor(longest) + 1),
        labels=np.array(labels, np.int64),
    )
    found = Dataset(spikes, classes, name, tuple(label_names))
    return found if duration is None else found.crop(duration)


def _flat(
    events: npt.NDArray[np.void], sample: int, sensor_size: tuple[int, int, int], pool: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Times [ms] and channels of one sample's structured events."""
    width, height, polarities = sensor_size
    fields = events.dtype.names or ()
    if "t" not in fields:
        raise DataError(
            f"the events have the fields {fields}, but no t",
            where=f"sample {sample}",
            remedy="give the data set without a transform",
        )
    used = [
        f if f in fields and extent > 1 else ""
        for f, extent in zip("xyp", sensor_size, strict=True)
    ]
    x, y, p = (events[f].astype(np.int64) if f else np.zeros(len(events), np.int64) for f in used)
    times = events["t"].astype(np.float64) / 1000
    _refuse_outside(sample, times, {"x": (x, width), "y": (y, height), "p": (p, polarities)})
    columns, rows = _pooled(width, pool), _pooled(height, pool)
    return times, (p * rows + y // pool) * columns + x // pool


def _pooled(extent: int, pool: int) -> int:
    return -(-extent // pool)


_LATEST = 10 * 60 * 1000.0
"""[ms]; a sample whose first event comes later has times since something else than its start."""


def _refuse_outside(
    sample: int,
    times: npt.NDArray[np.float64],
    places: Mapping[str, tuple[npt.NDArray[np.int64], int]],
) -> None:
    """Refuse events outside the sensor, and times that do not begin with the sample."""
    for name, (values, extent) in places.items():
        outside = np.flatnonzero((values < 0) | (values >= extent))
        if outside.size:
            raise DataError(
                f"{name} = {values[outside[0]]}, but this sensor has 0 to {extent - 1}",
                where=f"sample {sample}, event {outside[0]}",
                remedy="give the sensor_size (width, height, polarities) of these recordings",
            )
    if times.size and times.min() > _LATEST:
        raise DataError(
            f"the first event comes at {times.min() / 1000:g} s: the times are absolute",
            where=f"sample {sample}",
            remedy="let them begin with the sample: events['t'] -= events['t'].min()",
        )
