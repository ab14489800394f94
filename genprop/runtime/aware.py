"""A network that learns while it sees what a chip will make of its parameters."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import refuse_unlike
from genprop._moved import arguments
from genprop.backends.loihi.mapping.check import check
from genprop.backends.loihi.mapping.options import QuantisationGrid, Quantise
from genprop.errors import CheckpointError, ConfigurationError, UnsupportedError, refuse_if
from genprop.runtime.other_stages import with_stages
from genprop.runtime.retarget import retarget
from genprop.runtime.simulator import Simulator
from genprop.stages.chip import Rounding
from genprop.stages.stack import Stages

if TYPE_CHECKING:
    from genprop.backends.loihi.mapping.compensate import OnRounded
    from genprop.runtime.retarget import Chip

__all__ = ["QuantiseAware"]

_GRID = "grid/"
_SCALE, _EXPONENT = f"{_GRID}scale/", f"{_GRID}exponent/"
_LARGEST_EXPONENT = 31


class QuantiseAware(Simulator):
    """A copy of a simulator that runs with what Loihi 2 holds, and learns in floats.

    Forward and backward use the floats that the chip's integers stand for: weights on its grid,
    delays of 0 to 62 steps, time constants of 12 bits, thresholds. The gradient at them is
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
        refuse_unlike(sim, "spec program", "QuantiseAware(sim, …)", "what gp.compile(…) gave")
        chosen = Quantise() if options is None else options
        refuse_unlike(chosen, "rounding scale", "QuantiseAware(…, options)", "gp.Quantise(…)")
        self.options = replace(chosen, rounding=chosen.rounding or "nearest")
        if self.options.rounding == "calibrated":
            raise ConfigurationError(
                "calibrated rounding takes data at every step",
                where="QuantiseAware(…)",
                remedy="learn with rounding='nearest'",
            )
        if not sim.program.clock.rounds:
            raise UnsupportedError(
                "the chip runs in steps, and so does what is learned for it; this network does not",
                where="QuantiseAware(…)",
                remedy="fine-tune it in steps: QuantiseAware(sim.on(clock='grid'), …), "
                'in a train.toml clock = "grid" below [compile]',
            )
        source = sim.latent() if isinstance(sim, QuantiseAware) else sim
        self._rounding = Rounding(sim.program, sim.spec, self.options, self._find_grid)
        super().__init__(
            sim.spec,
            sim.program,
            source.engine,
            batch=sim.batch,
            seed=sim.seed,
            events=sim.events,
            target=sim.target,
            bundle=sim.bundle,
            stages=(*map(copy.deepcopy, source.stages.all), self._rounding),
        )
        super().restore({n: v for n, v in sim.state().items() if not n.startswith(_GRID)})
        self.settings = {name: dict(numbers) for name, numbers in sim.settings.items()}
        self.stages.hold(self.parameters.arrays)
        refuse_if(check(self.program, self.arrays())[1])

    @property
    def grid(self) -> QuantisationGrid | None:
        """The chip's scales, once they are found."""
        return self._rounding.grid

    def seen(self, parameters: Mapping[str, np.ndarray] | None = None) -> dict[str, np.ndarray]:
        """What the network runs with: the parameters as the chip holds them, float64 by name."""
        return self._rounding.seen(
            self.arrays() if parameters is None else parameters, self.topology
        )

    def arrays(self) -> Mapping[str, np.ndarray]:
        """What the float network consists of; rounding is left out."""
        return self._latent_stages().forward(self.parameters, self.topology).used

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
        before, self._rounding.grid = self.grid, None
        try:
            self.take_grid(state)
            super().restore({n: v for n, v in state.items() if not n.startswith(_GRID)})
        except BaseException:
            self._rounding.grid = before
            raise

    def take_grid(self, state: Mapping[str, np.ndarray]) -> None:
        """The grid of a :meth:`state`, where it has one, without the rest."""
        scale, exponent = (_below(state, prefix) for prefix in (_SCALE, _EXPONENT))
        if not scale:
            return
        for name, value in (*scale.items(), *exponent.items()):
            if np.shape(value) or not np.isfinite(value):
                raise CheckpointError(
                    f"the scale or exponent of {name} is no finite number",
                    remedy="take another checkpoint",
                )
        whole = {name: _exponent(float(value), name) for name, value in exponent.items()}
        self._rounding.grid = QuantisationGrid({n: float(v) for n, v in scale.items()}, whole)

    @arguments(watch="on_rounded")
    def retarget(
        self,
        target: str = "loihi",
        quantise: Quantise | None = None,
        *,
        on_rounded: OnRounded | None = None,
    ) -> Chip:
        """This network on a chip, by default on the grid it has learned on."""
        return retarget(self, target, quantise or self._rounding.fixed(), on_rounded)

    def latent(self) -> Simulator:
        """The float network with the same parameters, not a copy of them."""
        return with_stages(self, self.stages.all[:-1])

    def _latent_stages(self) -> Stages:
        return Stages(self.stages.all[:-1], self.spec, self.engine.dtype)

    def _find_grid(self) -> QuantisationGrid:
        return retarget(self.latent(), "loihi", self.options).grid


def _below(state: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {n.removeprefix(prefix): v for n, v in state.items() if n.startswith(prefix)}


def _exponent(value: float, name: str) -> int:
    if value != int(value) or abs(value) > _LARGEST_EXPONENT:
        raise CheckpointError(
            f"the exponent of {name} is {value:g}, which no chip has",
            remedy="take another checkpoint",
        )
    return int(value)
