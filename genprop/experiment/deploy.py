"""Deployment of a run: its network on a chip, compared with the float network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genprop._moved import attributes
from genprop.backends.loihi.mapping.options import Quantise
from genprop.experiment.experiment import described
from genprop.experiment.trained import open_run
from genprop.runtime.aware import QuantiseAware
from genprop.train.agreement import Agreement, agreement
from genprop.train.folder import RunFolder
from genprop.train.progress import rounding_bar
from genprop.train.recorder import Recorder

if TYPE_CHECKING:
    from genprop.backends.loihi.report import Report
    from genprop.runtime.retarget import Chip
    from genprop.runtime.simulator import Simulator
    from genprop.train.surface import Dataset

__all__ = ["Deployed", "retarget_run"]


@attributes(watched="recorders")
@dataclass(frozen=True, slots=True, eq=False)
class Deployed:
    """A run's network on the chip; ``print`` it.

    Attributes:
        run: its folder.
        config: the run's settings as text.
        simulator: the float network.
        chip: the network.
        data: what both were shown.
        split: what that is called.
        agreement: of float network and chip.
        report: what was lost, and what it takes.
        recorders: what each neuron of both did.
    """

    run: Path
    config: str
    simulator: Simulator
    chip: Chip
    data: Dataset
    split: str
    agreement: Agreement
    report: Report
    recorders: tuple[Recorder, Recorder]

    def __str__(self) -> str:
        return f"{self.report}\nfloat and chip on {self.agreement}"


def retarget_run(
    run: str | Path,
    *,
    split: str = "test",
    checkpoint: str = "best",
    overrides: Sequence[str] = (),
    weight_bits: int | None = None,
    scale: str | None = None,
    rounding: str | None = None,
    exponents: bool = False,
    clip_delays: bool = False,
    progress: bool = True,
) -> Deployed:
    """Retarget a run's network to Loihi 2 and compare both on one of its datasets.

    Args:
        run: the run folder.
        split: what they are compared on; scales are calibrated on the training set.
        checkpoint: ``"best"`` or ``"last"``.
        overrides: changes to its settings, such as ``"compile.batch=16"``.
        weight_bits: see :class:`Quantise`, as the next three; without any of the four a run that
            learned on the chip's grid keeps it, and others get 8 bits.
        scale: the rule, calibrated on the training set unless another is named.
        rounding: the rule, likewise.
        exponents: whether each projection has a weight exponent of its own.
        clip_delays: whether delays beyond the chip's are clipped instead of refused.
        progress: a bar on a terminal while weights are rounded by data, if that takes a while.

    Raises:
        GenpropError: for a run that is none, or everything that the chip cannot hold.
    """
    opened, experiment = open_run(run, checkpoint, overrides)
    simulator = described(opened, str(run), "which has no chip")
    options = None
    if not isinstance(simulator, QuantiseAware) or weight_bits or scale or rounding or exponents:
        rules = scale or "calibrated", rounding or "calibrated"
        calibrate = experiment.split("train") if "calibrated" in rules else None
        more = {"exponents": exponents, "clip_delays": clip_delays}
        options = Quantise(weight_bits or 8, rules[1], rules[0], calibrate, **more)
    with rounding_bar(progress) as on_rounded:
        chip = simulator.retarget("loihi", options, on_rounded=on_rounded)
    data = experiment.split(split)
    recorders = Recorder(simulator), Recorder(chip)
    floats = None if simulator.program.clock.rounds else chip.floats
    found = agreement(*recorders, data, floats=floats)
    config = RunFolder(Path(run).expanduser()).config.read_text(encoding="utf-8")
    return Deployed(
        Path(run).expanduser(),
        config,
        simulator,
        chip,
        data,
        split,
        found,
        chip.report(),
        recorders,
    )
