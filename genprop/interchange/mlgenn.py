"""Checkpoints of mlGeNN, read into a network that is described the same way.

mlGeNN's ``Numpy`` serialiser writes one file per connection and variable::

    <epoch>-Conn_<pre>_<post>-g.npy     weights, flat float32, row = presynaptic neuron
    <epoch>-Conn_<pre>_<post>-d.npy     learned delays in time steps, likewise
    <epoch>-<connection>-pre_ind.npy    of sparse connections, who is connected
    <epoch>-<connection>-post_ind.npy   to whom, in the order of the values

Its EventProp compiler drives dV/dt = (I − V)/τ with a current that jumps by the weight, as
``gp.neuron("LIF")`` with ``gp.synapse("exp")`` does, so weights carry over as they are; delays are
used there as clip(round(d), 0, longest) steps and become milliseconds here. Conventions: ml_genn
2.4, ``serialisers/numpy.py``, ``connection.py`` and ``compilers/event_prop_compiler.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import given_path, refuse_unlike
from genprop._moved import attributes
from genprop.errors import DataError, GenpropError, did_you_mean, refuse_if
from genprop.interchange.mlgenn_files import (
    Files,
    choose_epoch,
    find_epochs,
    read_array,
    read_indices,
)

if TYPE_CHECKING:
    from genprop.describe.spec import ParameterSpec, ProjectionSpec
    from genprop.runtime.simulator import Simulator

__all__ = ["LoadedMlGenn", "load_mlgenn"]

_KNOWN = ("g", "d", "pre_ind", "post_ind")


@attributes(kept="unchanged")
@dataclass(frozen=True, slots=True)
class LoadedMlGenn:
    """What was read; ``print`` it.

    Attributes:
        epoch: of the files, None where they carry no number.
        parameters: the file of each parameter that was set.
        unchanged: parameters of projections that no file speaks of; they are as described.
        clipped: delays that were below 0 or beyond the longest, by parameter.
    """

    epoch: int | None
    parameters: Mapping[str, Path]
    unchanged: tuple[str, ...]
    clipped: Mapping[str, int]

    def __str__(self) -> str:
        lines = [f"{len(self.parameters)} parameters of epoch {self.epoch}"]
        for name, path in self.parameters.items():
            outside = self.clipped.get(name, 0)
            note = f", {outside} delays brought within their bounds" if outside else ""
            lines.append(f"  {name} from {path.name}{note}")
        lines += [f"  {name} as described: there is no file of it" for name in self.unchanged]
        return "\n".join(lines)


def load_mlgenn(
    folder: str | Path,
    sim: Simulator,
    epoch: int | None = None,
    *,
    names: Mapping[str, str] | None = None,
) -> LoadedMlGenn:
    """Set a network's weights and delays from a checkpoint folder of mlGeNN.

    Args:
        folder: where the ``.npy`` files are.
        sim: the compiled network; every projection needs a file of weights. Its dt must be that of
            the files, because delays are counted in steps there.
        epoch: which; by default the latest.
        names: projections by the connection's name in the files, where that is not
            ``Conn_<pre>_<post>``: ``{"Conn_Pop0_Pop1": "input->hidden"}``.

    Raises:
        DataError: for a folder without such files, an epoch that is not there, missing or damaged
            files, sizes that do not fit and connections that the network has not: all at once, and
            nothing is set then.
    """
    place = given_path(folder, "load_mlgenn(folder, …)", DataError)
    refuse_unlike(sim, "spec parameters", "load_mlgenn(folder, sim)", "what gp.compile(…) gave")
    epochs = find_epochs(place)
    chosen = choose_epoch(place, epochs, epoch)
    files = epochs[chosen]
    reading = _Reading(place, files, sim, _projections(sim, names or {}))
    refuse_if([*reading.strangers(), *reading.missing(chosen, epochs), *reading.read()])
    for name, values in reading.values.items():
        sim.parameters[name] = values
    unchanged = [
        p.delay.name
        for p in sim.spec.projections
        if p.delay is not None and p.delay.name not in reading.values
    ]
    return LoadedMlGenn(chosen, reading.paths, tuple(unchanged), reading.clipped)


class _Reading:
    """The files of one epoch, read for one network; nothing is set."""

    def __init__(
        self, place: Path, files: Files, sim: Simulator, projections: dict[str, ProjectionSpec]
    ) -> None:
        self._place, self._files, self._sim = place, files, sim
        self._projections = projections
        self.values: dict[str, np.ndarray] = {}
        self.paths: dict[str, Path] = {}
        self.clipped: dict[str, int] = {}

    def strangers(self) -> Iterator[GenpropError]:
        """Files that this network has no place for."""
        for (connection, what), path in self._files.items():
            if connection not in self._projections:
                yield DataError(
                    f"the network has no projection for {connection}",
                    where=str(path),
                    remedy=did_you_mean(connection, self._projections)
                    + " names={…} says which projection a connection is",
                )
            elif what not in _KNOWN:
                yield DataError(
                    f"{what} of {connection} has no place in this network",
                    where=str(path),
                    remedy="remove the file, or describe a network without it",
                )

    def missing(self, chosen: int | None, epochs: dict[int | None, Files]) -> Iterator[DataError]:
        """Projections without weights in this epoch."""
        for connection in self._projections:
            if (connection, "g") in self._files:
                continue
            others = [str(e) for e, files in epochs.items() if (connection, "g") in files]
            known = f"; epochs {', '.join(others)} have it: epoch=…" if others else ""
            name = f"{connection}-g.npy" if chosen is None else f"{chosen}-{connection}-g.npy"
            yield DataError(
                f"there is no {name}",
                where=str(self._place),
                remedy=f"copy it there, or give names={{…}} where it is called otherwise{known}",
            )

    def read(self) -> Iterator[GenpropError]:
        """Read everything that belongs to the network, and tell what does not fit."""
        for connection, projection in self._projections.items():
            for what, parameter in (("g", projection.weight), ("d", projection.delay)):
                path = self._files.get((connection, what))
                if path is None:
                    continue
                if parameter is None:
                    yield DataError(
                        f"projection {projection.name} has no delays to set",
                        where=str(path),
                        remedy="describe them: delay=gp.learn(gp.constant(0*ms), max=…)",
                    )
                    continue
                try:
                    values = self._ordered(path, connection, projection, parameter)
                except DataError as fault:
                    yield fault
                    continue
                if what == "d":
                    values = self._delays(values, projection, parameter)
                self.values[parameter.name], self.paths[parameter.name] = values, path

    def _ordered(
        self, path: Path, connection: str, projection: ProjectionSpec, parameter: ParameterSpec
    ) -> np.ndarray:
        """The values in the parameter's own order and shape."""
        values = read_array(path)
        sparse = projection.pattern.kind != "dense"
        grid = parameter.shape if len(parameter.shape) == 2 else values.shape
        if values.size != int(np.prod(parameter.shape)) or (
            values.ndim == 2 and values.shape != grid
        ):
            sizes = " × ".join(map(str, parameter.shape)) or "one value"
            raise DataError(
                f"it holds {' × '.join(map(str, values.shape))} values, "
                f"{parameter.name} has {sizes}",
                where=str(path),
                remedy="describe the network with the sizes it was trained with",
            )
        if not np.all(np.isfinite(values)):
            raise DataError(
                "it holds values that are not finite", where=str(path), remedy="take another epoch"
            )
        if sparse:
            return values.ravel()[self._order(connection, projection)]
        return values.reshape(parameter.shape)

    def _order(self, connection: str, projection: ProjectionSpec) -> np.ndarray:
        """Where in the files each synapse of a sparse projection stands."""
        ends = [self._files.get((connection, what)) for what in ("pre_ind", "post_ind")]
        pre, post = (None if path is None else read_indices(path) for path in ends)
        size = self._sim.spec.population(projection.post).size
        row, column = self._sim.topology[projection.name].all_pairs()
        wanted = row * size + column
        if pre is not None and post is not None and len(pre) == len(post) == len(wanted):
            given = pre * size + post
            order = np.argsort(given, kind="stable")
            if np.array_equal(given[order], wanted):
                return order
        raise DataError(
            f"{projection.name} is sparse, and pre_ind and post_ind do not tell its connections",
            where=str(self._place),
            remedy="write them with save_connectivity(), and describe gp.sparse(…) from them",
        )

    def _delays(
        self, steps: np.ndarray, projection: ProjectionSpec, parameter: ParameterSpec
    ) -> np.ndarray:
        """Delays in ms, within the bounds that mlGeNN keeps where it uses them."""
        delays = self._sim.program.clock.instant(np.asarray(steps, np.float64))
        highest = projection.max_delay if parameter.maximum is None else parameter.maximum
        within = np.clip(delays, parameter.minimum or 0.0, highest)
        outside = int(np.count_nonzero(within != delays))
        if outside:
            self.clipped[parameter.name] = outside
        return within


def _projections(sim: Simulator, names: Mapping[str, str]) -> dict[str, ProjectionSpec]:
    """The network's projections by the name of their connection."""
    by_name = {p.name: p for p in sim.spec.projections}
    for connection, projection in names.items():
        if projection not in by_name:
            raise DataError(
                f"there is no projection {projection!r}",
                where=f"names={{{connection!r}: …}}",
                remedy=did_you_mean(projection, by_name),
            )
    called = {projection: connection for connection, projection in names.items()}
    return {called.get(n, f"Conn_{p.pre}_{p.post}"): p for n, p in by_name.items()}
