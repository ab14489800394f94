"""Checkpoints: everything needed to go on bit by bit, in one HDF5 file that is always whole.

::

    /                       attributes: format, version, digest, epoch, batch, seed, dt, …
    /parameter/<name>       the parameters, by flat name ("inp->hidden.weight")
    /topology/<projection>  the synapses of sparse projections, and their digest
    /optimiser/…            the rest of the simulator's state, as the simulator names it
    /training/settings/…    the optimiser's settings; meter, callbacks, history likewise
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop._hdf5 import opened
from genprop._reading import reading
from genprop.errors import CheckpointError, DataError, OutputError
from genprop.train.files import write_atomically
from genprop.train.history import History, Record, parse_history
from genprop.train.settings import restore_settings

if TYPE_CHECKING:
    import h5py

    from genprop.train.surface import Trainable

__all__ = ["Snapshot", "load_checkpoint", "read_snapshot", "write_snapshot"]

FORMAT = "genprop checkpoint"
VERSION = 1
_RENAMED = {"Bump": "ReviveSilent", "EaseIn": "ExponentialWarmup", "TwoAverages": "DualEMAPlateau"}
"""Callbacks by the names under which checkpoints of before hold their states."""
_REPLACE = "use another checkpoint, for example best.h5 beside last.h5, or train again"

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of a training.

    Attributes:
        digest: that of the network.
        epoch: the epoch that is under way, counted from 1.
        batch: batches of it that were learned from.
        step: batches that were learned from since the beginning.
        seed: what the order of samples follows from.
        grid: dt [ms], duration [ms] and batch size.
        simulator: the simulator's state.
        training: settings, sums of the epoch, states of the callbacks, by path.
        records: the history.
        stopped: why training ended before its last epoch; empty if it did not.
    """

    digest: str
    epoch: int
    batch: int
    step: int
    seed: int
    grid: tuple[float, float, int]
    simulator: Arrays
    training: Arrays = field(default_factory=dict[str, np.ndarray])
    records: tuple[Record, ...] = ()
    stopped: str = ""

    def parameters(self) -> Arrays:
        """The parameters by flat name."""
        return {
            name.removeprefix("parameter/"): value
            for name, value in self.simulator.items()
            if name.startswith("parameter/")
        }

    def part(self, prefix: str) -> Arrays:
        """The arrays of ``training`` below ``prefix``, without it."""
        return {k.removeprefix(prefix): v for k, v in self.training.items() if k.startswith(prefix)}


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Write a checkpoint; what was at ``path`` stays whole if that fails.

    Raises:
        CheckpointError: when it cannot be written (full disk, no permission).
    """
    image = _image(snapshot)
    try:
        write_atomically(path, image)
    except OutputError as fault:
        previous = "the previous one there is intact" if path.exists() else "there was none before"
        raise CheckpointError(
            f"the checkpoint of {len(image) / 1e6:.1f} MB could not be written "
            f"({fault.what}); {previous}",
            where=str(path),
            remedy="make room or choose another folder, then resume",
        ) from fault


def read_snapshot(path: str | Path) -> Snapshot:
    """The content of a checkpoint.

    Raises:
        CheckpointError: for a file that is missing, truncated, damaged or no checkpoint.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(
            "there is no checkpoint", where=str(path), remedy="check the path, or train first"
        )
    with opened(
        path, "checkpoint: truncated, damaged or no HDF5", CheckpointError, _REPLACE
    ) as file:
        facts = dict(file.attrs)
        if facts.get("format") != FORMAT:
            raise CheckpointError(
                "the file is HDF5, but no checkpoint of genprop", where=str(path), remedy=_REPLACE
            )
        if int(str(facts["version"])) > VERSION:
            raise CheckpointError(
                f"the checkpoint has format version {facts['version']}, this genprop reads "
                f"up to {VERSION}",
                where=str(path),
                remedy="update genprop",
            )
        try:
            return _snapshot(facts, _arrays(file), str(path))
        except DataError as error:
            raise CheckpointError(
                f"the history of the checkpoint is damaged ({error.what})",
                where=str(path),
                remedy=_REPLACE,
            ) from error


def load_checkpoint(path: str | Path, sim: Trainable | None = None, *, only: str = "") -> Snapshot:
    """Read a checkpoint and put it into ``sim``.

    Args:
        path: an HDF5 file that :class:`~genprop.train.saving.Checkpoint` wrote.
        sim: what is restored; None to read alone.
        only: ``"parameters"`` restores those, with the synapses that they belong to, and leaves
            the optimiser as it is, so that the network may have another optimiser.

    Raises:
        CheckpointError: for a damaged file, or one of another network: it says what differs.
    """
    snapshot = read_snapshot(path)
    if sim is None:
        return snapshot
    refuse_other_network(snapshot, sim, str(path))
    with reading(path, "checkpoint of this network", CheckpointError, _REPLACE):
        if only == "parameters":
            chosen = ("parameter/", "topology/")
            taken = {k: v for k, v in snapshot.simulator.items() if k.startswith(chosen)}
            sim.restore({**_without_synapses(sim.state()), **taken})
        else:
            restore_settings(sim, snapshot.part("settings/"))
            sim.restore(snapshot.simulator)
    return snapshot


def _without_synapses(state: Arrays) -> Arrays:
    return {name: value for name, value in state.items() if not name.startswith("topology/")}


def refuse_other_network(snapshot: Snapshot, sim: Trainable, where: str) -> None:
    """Refuse a checkpoint whose parameters are not those of ``sim``, by name and shape.

    Raises:
        CheckpointError: listing every parameter that is missing, unknown or of another shape.
    """
    ours = {name: np.shape(value) for name, value in sim.parameters.items()}
    theirs = {name: np.shape(value) for name, value in snapshot.parameters().items()}
    findings = [
        *(
            f"{name} {ours[name]} is missing from the checkpoint"
            for name in sorted(ours - theirs.keys())
        ),
        *(
            f"{name} {theirs[name]} is unknown to the network"
            for name in sorted(theirs - ours.keys())
        ),
        *(
            f"{name} is {theirs[name]} in the checkpoint and {ours[name]} in the network"
            for name in sorted(ours.keys() & theirs.keys())
            if ours[name] != theirs[name]
        ),
    ]
    if findings:
        raise CheckpointError(
            "the checkpoint belongs to another network:\n    " + "\n    ".join(findings),
            where=where,
            remedy="build the network with the options of its run (config.toml in the run folder)",
        )


def _image(snapshot: Snapshot) -> bytes:
    """The bytes of the HDF5 file; made in memory so that a full disk meets plain writing only."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        dt, duration, size = snapshot.grid
        file.attrs.update(
            format=FORMAT,
            version=VERSION,
            digest=snapshot.digest,
            epoch=snapshot.epoch,
            batch=snapshot.batch,
            step=snapshot.step,
            seed=snapshot.seed,
            dt=dt,
            duration=duration,
            batch_size=size,
            epochs_recorded=len(snapshot.records),
            stopped=snapshot.stopped,
        )
        text = History(list(snapshot.records)).text().encode()
        for name, value in snapshot.simulator.items():
            file.create_dataset(name, data=np.asarray(value))
        for name, value in snapshot.training.items():
            file.create_dataset(f"training/{name}", data=np.asarray(value))
        file.create_dataset("training/history", data=np.frombuffer(text, np.uint8))
    return buffer.getvalue()


def _arrays(group: h5py.Group) -> Arrays:
    """Every dataset below an HDF5 group, by path."""
    import h5py

    found: Arrays = {}

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = np.asarray(item[()])

    group.visititems(visit)
    return found


def _snapshot(facts: Mapping[str, object], arrays: Arrays, where: str) -> Snapshot:
    text = arrays.pop("training/history").tobytes().decode()
    records = parse_history(text, where)
    if len(records) != int(str(facts["epochs_recorded"])):
        raise ValueError("the history is not whole")
    inside = {
        _with_new_name(k.removeprefix("training/")): v
        for k, v in arrays.items()
        if k.startswith("training/")
    }
    epoch, batch, step, seed, size = (
        int(str(facts[key])) for key in ("epoch", "batch", "step", "seed", "batch_size")
    )
    simulator = {k: v for k, v in arrays.items() if not k.startswith("training/")}
    for name, values in arrays.items():
        learned = name in simulator  # what callbacks keep may be NaN before its first epoch
        if values.dtype.kind not in "iufb" or (learned and not np.isfinite(values).all()):
            raise ValueError(f"{name} holds what is no finite number")
    return Snapshot(
        digest=str(facts["digest"]),
        epoch=epoch,
        batch=batch,
        step=step,
        seed=seed,
        grid=(float(str(facts["dt"])), float(str(facts["duration"])), size),
        simulator=simulator,
        training=inside,
        records=tuple(records),
        stopped=str(facts["stopped"]),
    )


def _with_new_name(path: str) -> str:
    """The path of a callback's state, with the class name of today."""
    match path.split("/", 2):
        case ["callbacks", label, rest]:
            name, dash, number = label.partition("-")
            return f"callbacks/{_RENAMED.get(name, name)}{dash}{number}/{rest}"
        case _:
            return path
