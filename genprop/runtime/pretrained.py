"""Networks that come trained: a description, its parameters and a card, as data alone.

::

    models/pretrained/NAME/card.toml        what it learned from, its accuracy, its licence
    models/pretrained/NAME/network.json     the description, with its loss and optimisers
    models/pretrained/NAME/parameters.npz   its parameters by flat name

Nothing in it is code or text for a machine: what runs is derived when a network is loaded, by the
genprop that loads it and for the backend that is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from genprop._checks import integer
from genprop._reading import read_json, read_npz, reading
from genprop._resources import data_dir
from genprop.backends import get_backend
from genprop.describe.modelfile import read_table
from genprop.errors import ConfigurationError, did_you_mean, refuse_if
from genprop.lower.clocks import make_clock
from genprop.runtime.lowering import lowered
from genprop.runtime.serialise import deserialised
from genprop.runtime.simulator import Simulator

if TYPE_CHECKING:
    from pathlib import Path

    from genprop.backends.base import Target
    from genprop.describe.spec import NetworkSpec

__all__ = ["Card", "list_pretrained", "pretrained"]

_REMEDY = "the installation is damaged: install genprop again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a trained network is; ``print`` it.

    Attributes:
        name: for ``gp.pretrained(name)``.
        title: what it does, in a line.
        network: its neurons and projections, in a line.
        data: the source of ``gp.data`` and its arguments; the last set it gives was the test.
        recordings: what that is, and whose.
        classes: the classes in their order.
        accuracy: of the test set, by the stored parameters.
        samples: how many samples it was tested on.
        seed: of its training.
        spread: what other seeds gave.
        command: what trained it.
        licence: of the parameters.
        dt: step of its clock [ms].
        duration: of a trial [ms].
        batch: samples per batch.
        clock: ``"grid"`` or ``"exact"``.
        solver: of its flow.
        folder: where the files are.
    """

    name: str
    title: str
    network: str
    data: Mapping[str, object]
    recordings: str
    classes: tuple[str, ...]
    accuracy: float
    samples: int
    seed: int
    spread: str
    command: str
    licence: str
    dt: float
    duration: float
    batch: int
    clock: str
    solver: str
    folder: Path

    def __str__(self) -> str:
        rows = {
            "network": self.network,
            "data": self.recordings,
            "accuracy": f"{self.accuracy:.2%} of {self.samples} test samples, seed {self.seed}",
            "seeds": self.spread,
            "clock": f"{self.clock}, steps of {self.dt:g} ms, {self.duration:g} ms",
            "trained by": self.command,
            "licence": self.licence,
        }
        lines = [f"  {name:<11}{text}" for name, text in rows.items()]
        return "\n".join([f"{self.name}: {self.title}", *lines])


def pretrained(
    name: str, *, backend: str | Target = "native", batch: int | None = None
) -> Simulator:
    """A trained network that comes with genprop, ready to run, to evaluate and to learn on.

    It runs on the clock of its training, which all backends have; ``on(…)`` takes it to others,
    ``retarget(…)`` to Loihi 2. ``print(*gp.list_pretrained())`` says which there are.

    Args:
        name: as the list has it; capitals and underscores do not matter.
        backend: see :func:`~genprop.runtime.compile.compile`.
        batch: samples per batch, at most; None: as many as in its training.

    Raises:
        ConfigurationError: for a name that there is not, with those that there are.
        GenpropError: for what the backend cannot run.
    """
    card = _card(name)
    where = card.folder / "network.json"
    with reading(where, "description of a network", ConfigurationError, _REMEDY):
        spec = cast("NetworkSpec", deserialised(read_json(where), str(where)))
    arrays = _parameters(card, spec)
    clock = make_clock(card.clock, card.dt, card.duration)
    target = get_backend(backend)
    refuse_if(target.check(spec, clock))
    program, bundle = lowered(spec, clock, card.solver, target, arrays)
    size = card.batch if batch is None else integer(batch, "pretrained(batch=…)", least=1)
    sim = Simulator(
        spec,
        program,
        target.load(program, spec, bundle),
        batch=size,
        seed=card.seed,
        events="merge",
        target=target,
        bundle=bundle,
    )
    for key, array in arrays.items():
        sim.parameters[key] = array
    return sim


def list_pretrained() -> tuple[Card, ...]:
    """The cards of all trained networks that come with genprop, by name."""
    return tuple(_read(folder) for folder in _folders().values())


def _folders() -> dict[str, Path]:
    place = data_dir("models") / "pretrained"
    return {p.name: p for p in sorted(place.iterdir()) if (p / "card.toml").is_file()}


def _card(name: object) -> Card:
    folders = _folders()
    plain = str(name).lower().replace("_", "-")
    if plain not in folders:
        raise ConfigurationError(
            f"no trained network is called {name!r:.60}",
            where="gp.pretrained(…)",
            remedy=f"{did_you_mean(plain, folders)}; there are {', '.join(folders)}",
        )
    return _read(folders[plain])


def _read(folder: Path) -> Card:
    where = folder / "card.toml"
    with reading(where, "card of a network", ConfigurationError, _REMEDY):
        table = dict(read_table(where))
        classes = tuple(cast("list[str]", table.pop("classes")))
        return Card(name=folder.name, folder=folder, classes=classes, **table)  # type: ignore[arg-type]


def _parameters(card: Card, spec: NetworkSpec) -> dict[str, np.ndarray]:
    """By flat name, in single precision: all that is drawn or learned."""
    where = card.folder / "parameters.npz"
    with reading(where, "file of parameters", ConfigurationError, _REMEDY):
        stored = read_npz(where)
        wanted = {p.name: p for p in spec.leaf_parameters()}
        if stored.keys() != wanted.keys():
            raise ValueError(f"it holds {', '.join(stored)}")
        return {
            name: np.asarray(stored[name], np.float32).reshape(p.shape)
            for name, p in wanted.items()
        }
