"""Everything that figures show of a run, gathered once: its files, and its network run again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop.analysis.connections import Connections, all_connections
from genprop.describe.topology import digest_with_synapses
from genprop.experiment.config import read_config
from genprop.experiment.experiment import compile_experiment, load_experiment
from genprop.report.figures.samples import SampleView, choose, record
from genprop.runtime.clock_choice import clock_words
from genprop.runtime.simulator import Simulator
from genprop.train.checkpoint import load_checkpoint
from genprop.train.evaluate import Evaluation, evaluate
from genprop.train.files import read_table
from genprop.train.folder import RunFolder
from genprop.train.history import History, read_history
from genprop.units import dimension_name

if TYPE_CHECKING:
    from genprop.experiment.config import Config
    from genprop.experiment.experiment import Experiment
    from genprop.train.checkpoint import Snapshot
    from genprop.train.surface import Trainable

__all__ = ["Change", "RunData", "collect_run"]

_FIRST = ("test", "valid", "train")


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A learned parameter ``before`` and ``after`` training, in ``unit``."""

    name: str
    role: str
    unit: str
    before: np.ndarray
    after: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class RunData:
    """A run, as figures need it.

    Attributes:
        config: its settings.
        environment: what its environment.json says; empty without one.
        result: what its result.json says; empty while it is not finished.
        history: its epochs.
        best: the epoch whose parameters are shown.
        split: which samples they were run on: ``"test"``, ``"valid"`` or ``"train"``.
        evaluation: of those samples, made now.
        changes: the learned parameters before and after.
        samples: the chosen ones, with what the network did.
        classes: names of the classes; empty where the dataset gives none.
        equations: the derived equations as text; empty for a simulator without a description.
        remarks: what a reader has to know about how this was gathered.
        connections: of every projection, at that epoch.
        clock: which one the network runs on, and why, as a sentence; empty for other simulators.
    """

    config: Config
    environment: Mapping[str, object]
    result: Mapping[str, object]
    history: History
    best: int
    split: str
    evaluation: Evaluation
    changes: tuple[Change, ...]
    samples: tuple[SampleView, ...]
    classes: tuple[str, ...]
    equations: str
    remarks: tuple[str, ...]
    clock: str = ""
    connections: tuple[Connections, ...] = ()


def collect_run(
    run: str | Path,
    split: str = "",
    samples: Sequence[int] = (),
    overrides: Sequence[str] = (),
) -> RunData:
    """Gather what figures show of a run; its best network is run again on one of its datasets.

    The values before training are those that the configuration and its seed give: the network is
    made anew as ``genprop train`` made it, before the checkpoint is read into it.

    Args:
        run: the run folder; the training may be finished or under way.
        split: ``"train"``, ``"valid"`` or ``"test"``; by default the last of them there is.
        samples: which samples of it are drawn, by number from 0; by default the first sample of
            each of three classes, and the first that is taken for a wrong class.
        overrides: changes to its settings, such as ``"compile.backend=reference"``.

    Raises:
        ConfigurationError: for a folder without a run, a split or samples that are not there.
        CheckpointError: for a run without a checkpoint of this network.
    """
    folder = RunFolder.of_run(run)
    config = read_config(folder.config, overrides)
    experiment = load_experiment(config)
    split = split or next(name for name in _FIRST if getattr(experiment, name) is not None)
    data = experiment.split(split)
    sim, _ = compile_experiment(experiment, config)
    before = {name: np.array(value) for name, value in sim.parameters.items()}
    snapshot = load_checkpoint(folder.best, sim, only="parameters")
    found = evaluate(sim, data)
    chosen = choose(data, sim.batch, found.predictions, samples)
    result = folder.read_result() if folder.result.exists() else {}
    return RunData(
        config=config,
        environment=_facts(folder.environment),
        result=result,
        history=History(read_history(folder.history)),
        best=snapshot.records[-1].epoch if snapshot.records else snapshot.epoch,
        split=split,
        evaluation=found,
        changes=tuple(_changes(sim, before)),
        samples=tuple(record(sim, data, chosen)),
        classes=tuple(getattr(data, "label_names", ())),
        equations=_equations(experiment),
        remarks=tuple(_remarks(sim, snapshot, split, found, result)),
        clock=_clock(sim),
        connections=all_connections(sim),
    )


def _facts(path: Path) -> dict[str, object]:
    """The content of a JSON file of the run; nothing where there is none."""
    return read_table(path) if path.exists() else {}


def _changes(sim: Trainable, before: Mapping[str, np.ndarray]) -> list[Change]:
    return [
        Change(
            p.name,
            p.role,
            dimension_name(p.dimension),
            np.ravel(before[p.name]).astype(np.float64),
            np.ravel(sim.parameters[p.name]).astype(np.float64),
        )
        for p in sim.spec.leaf_parameters()
        if p.learned
    ]


def _equations(experiment: Experiment) -> str:
    if experiment.net is None:
        return ""
    from genprop.runtime.show import show

    return show(experiment.net, "adjoint", loss=experiment.loss)


def _clock(sim: Trainable) -> str:
    if not isinstance(sim, Simulator):
        return ""
    words = clock_words(sim.spec, sim.target, sim.program.solver, sim.program.clock)
    return f"{words[0].upper()}{words[1:]}."


def _remarks(
    sim: Trainable,
    snapshot: Snapshot,
    split: str,
    found: Evaluation,
    result: Mapping[str, object],
) -> list[str]:
    """What does not agree: the description with the checkpoint's, the numbers with the result's."""
    remarks: list[str] = []
    if not result:
        remarks.append("The training is not finished; this is its best epoch so far.")
    if snapshot.digest not in (sim.spec.digest(), digest_with_synapses(sim.spec)):
        remarks.append(
            "The network's description or settings differ from those of the checkpoint: "
            "the values before training, and what is run now, may not be those of the run."
        )
    test = result.get("test")
    if split == "test" and isinstance(test, Mapping) and found.accuracy is not None:
        recorded = float(str(test.get("accuracy", "nan")))
        if abs(recorded - found.accuracy) > 1e-12:
            remarks.append(
                f"Run again, the test accuracy is {found.accuracy:.2%}; "
                f"result.json says {recorded:.2%}."
            )
    return remarks
