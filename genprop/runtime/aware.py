"""A network that learns while it sees what a chip will make of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from genprop._moved import arguments
from genprop.backends.loihi.chip.limits import DELAY
from genprop.backends.loihi.mapping.check import check
from genprop.backends.loihi.mapping.decode import decoded
from genprop.backends.loihi.mapping.options import Grid, Quantise
from genprop.backends.loihi.mapping.quantise import quantise
from genprop.errors import ConfigurationError, refuse_if
from genprop.runtime.retarget import retarget
from genprop.runtime.simulator import Simulator

if TYPE_CHECKING:
    from genprop.backends.base import Engine, Inputs, Outcome, Parameters
    from genprop.backends.loihi.mapping.compensate import OnRounded
    from genprop.runtime.retarget import Chip

__all__ = ["QuantiseAware"]

_GRID = "grid/"
_SCALE, _EXPONENT = f"{_GRID}scale/", f"{_GRID}exponent/"


class QuantiseAware(Simulator):
    """A copy of a simulator that runs with what Loihi 2 holds, and learns in floats.

    Forward and backward use the floats that the chip's integers stand for: weights on its grid,
    delays of whole steps up to 62, time constants of 12 bits, thresholds. The gradient at them is
    given to the parameters as it is (straight-through), which the optimiser, clipping and bounds
    act on and checkpoints keep. Delays are kept within what the chip can hold.

    The grid, one scale per population, follows from the parameters and ``options`` when the first
    batch runs, and stays; it is part of :meth:`state`. :meth:`retarget` gives the very integers
    that were seen::

        fine = gp.QuantiseAware(sim, gp.Quantise(weight_bits=4, calibrate=train))
        gp.fit(fine, train, valid, epochs=10)
        chip = fine.retarget()

    Args:
        sim: the network; it stays as it is.
        options: how floats become integers. Stochastic rounding keeps its draws.

    Raises:
        GenpropError: everything that the chip cannot hold, at once.

    Source: straight-through gradients are Bengio, Léonard & Courville (2013), arXiv:1308.3432.
    """

    def __init__(self, sim: Simulator, options: Quantise | None = None) -> None:
        chosen = options or Quantise()
        self.options = replace(chosen, rounding=chosen.rounding or "nearest")
        if self.options.rounding == "calibrated":
            raise ConfigurationError(
                "calibrated rounding takes data at every step",
                where="QuantiseAware(…)",
                remedy="learn with rounding='nearest'",
            )
        self.grid: Grid | None = None
        source = sim.latent() if isinstance(sim, QuantiseAware) else sim
        self._float = source.engine
        super().__init__(
            sim.spec,
            sim.program,
            _Rounding(source.engine, self.seen),
            batch=sim.batch,
            seed=sim.seed,
            events=sim.events,
            target=sim.target,
            bundle=sim.bundle,
        )
        super().restore({n: v for n, v in sim.state().items() if not n.startswith(_GRID)})
        self.settings = {name: dict(numbers) for name, numbers in sim.settings.items()}
        self.grid = self.options.grid
        self._hold_delays()
        refuse_if(check(self.program, self.parameters)[1])

    def seen(self, parameters: Parameters | None = None) -> dict[str, np.ndarray]:
        """What the network runs with: the parameters as the chip holds them, float64 by name."""
        given = self.parameters if parameters is None else parameters
        cells, findings = check(self.program, given)
        refuse_if(findings)
        options = self._fixed()
        integers = quantise(self.program, self.spec, given, cells, options, {})
        return decoded(self.program, self.spec, given, cells, integers)

    def step(self, gradients: Mapping[str, np.ndarray] | None = None) -> None:
        """One update of the floats, see :meth:`Simulator.step`."""
        super().step(gradients)
        self._hold_delays()

    def state(self) -> dict[str, np.ndarray]:
        """Copies of all that is needed to go on bit by bit, the grid included."""
        state = super().state()
        if self.grid is not None:
            state |= {f"{_SCALE}{n}": np.asarray(s) for n, s in self.grid.scale.items()}
            state |= {f"{_EXPONENT}{n}": np.asarray(e) for n, e in self.grid.exponent.items()}
        return state

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go back to a :meth:`state`; one without a grid, of a float network, lets it be found.

        Raises:
            CheckpointError: naming what is missing, unknown or of another shape.
        """
        before, self.grid = self.grid, None
        try:
            super().restore({n: v for n, v in state.items() if not n.startswith(_GRID)})
        except BaseException:
            self.grid = before
            raise
        self.take_grid(state)

    def take_grid(self, state: Mapping[str, np.ndarray]) -> None:
        """The grid of a :meth:`state`, where it has one, without the rest."""
        scale, exponent = (_below(state, prefix) for prefix in (_SCALE, _EXPONENT))
        if scale:
            whole = {name: int(value) for name, value in exponent.items()}
            self.grid = Grid({name: float(value) for name, value in scale.items()}, whole)

    @arguments(watch="on_rounded")
    def retarget(
        self,
        target: str = "loihi",
        quantise: Quantise | None = None,
        *,
        on_rounded: OnRounded | None = None,
    ) -> Chip:
        """This network on a chip, by default on the grid it has learned on."""
        return retarget(self, target, quantise or self._fixed(), on_rounded)

    def latent(self) -> Simulator:
        """The float network with the same parameters, not a copy of them."""
        sim = Simulator(
            self.spec,
            self.program,
            self._float,
            batch=self.batch,
            seed=self.seed,
            events=self.events,
            target=self.target,
            bundle=self.bundle,
        )
        sim.parameters = self.parameters
        return sim

    def _fixed(self) -> Quantise:
        """The options with the grid, which is found now if there is none."""
        if self.grid is None:
            self.grid = retarget(self.latent(), "loihi", self.options).grid
        return replace(self.options, scale=self.grid, calibrate=None)

    def _hold_delays(self) -> None:
        longest = self.program.clock.delays(np.asarray(DELAY.highest))
        for projection in self.program.projections:
            if projection.delay:
                delay = self.parameters.arrays[projection.delay]
                np.minimum(delay, longest, out=delay)


class _Rounding:
    """An engine that runs with other parameters than it updates."""

    def __init__(self, engine: Engine, seen: Callable[[Parameters], Parameters]) -> None:
        self.engine, self.dtype = engine, engine.dtype
        self._seen = seen

    def reserve(self, batch: int) -> None:
        """Make ready for batches of up to ``batch`` samples."""
        self.engine.reserve(batch)

    def run(self, parameters: Parameters, inputs: Inputs, record: tuple[str, ...]) -> Outcome:
        """Forward with what is seen."""
        return self.engine.run(self._cast(parameters), inputs, record)

    def gradients(
        self, parameters: Parameters, inputs: Inputs
    ) -> tuple[Outcome, dict[str, np.ndarray]]:
        """The gradient at what is seen."""
        return self.engine.gradients(self._cast(parameters), inputs)

    def update(
        self,
        parameters: Mapping[str, np.ndarray],
        gradients: Mapping[str, np.ndarray],
        state: Mapping[str, np.ndarray],
        settings: Mapping[str, Mapping[str, float]],
        count: int,
    ) -> None:
        """One step of every optimiser, of the parameters themselves."""
        self.engine.update(parameters, gradients, state, settings, count)

    def _cast(self, parameters: Parameters) -> dict[str, np.ndarray]:
        seen = self._seen(parameters)
        return {name: np.asarray(value, self.dtype) for name, value in seen.items()}


def _below(state: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {n.removeprefix(prefix): v for n, v in state.items() if n.startswith(prefix)}
