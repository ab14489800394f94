"""A simulator of a network whose neurons send values: to a fixed point, or so many steps."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn, cast

from genprop._checks import enough_memory, refuse_unlike
from genprop.backends import get_backend
from genprop.errors import ConfigurationError, DataError, UnsupportedError
from genprop.runtime.graded_compile import build_graded
from genprop.runtime.graded_inputs import graded_inputs
from genprop.runtime.recordable import refuse_unrecordable
from genprop.runtime.settling import refuse_long_step, refuse_swinging, refuse_unsettled
from genprop.runtime.simulator import Simulator
from genprop.units import in_ms

if TYPE_CHECKING:
    import numpy as np

    from genprop.backends.base import Engine, Target
    from genprop.backends.graded import GradedEngine, GradedOutcome
    from genprop.backends.loihi.mapping.options import Quantise
    from genprop.data.spikes import SpikeBatch
    from genprop.describe.spec import NetworkSpec
    from genprop.lower.graded_program import GradedProgram
    from genprop.lower.program import Program
    from genprop.numerics.graded import GradedInputs
    from genprop.runtime.graded_compile import GradedBuild
    from genprop.stages.base import Stage
    from genprop.stages.stack import Flow
    from genprop.units import Quantity

__all__ = ["GradedSimulator"]

_FEWER = "fewer samples, or of stepwise values fewer steps"


class GradedSimulator(Simulator):
    """What ``gp.compile`` gives for a network whose neurons send values.

    With a ``tolerance`` a sample is over once no state moves faster than that per ms, and gradients
    are those of the fixed point; without one all steps run, and gradients are those of all steps.
    It has the members of every :class:`Simulator`; batches are :class:`gp.data.GradedBatch`.
    ``run`` records states and values at the end, (batch, n) each; its outcome has the ``steps`` of
    every sample and the ``speed`` [per ms] at which its states moved last.
    """

    graded: GradedProgram

    @classmethod
    def of(
        cls,
        spec: NetworkSpec,
        built: GradedBuild,
        target: Target,
        stages: Sequence[Stage] = (),
        *,
        batch: int,
        seed: int,
    ) -> GradedSimulator:
        """A simulator of what was lowered and built."""
        made = cls(
            spec,
            cast("Program", built.program),
            cast("Engine", built.engine),
            batch=batch,
            seed=seed,
            target=target,
            bundle=built.bundle,
            stages=stages,
        )
        made.graded, made._machine, made._checked = built.program, built.engine, b""
        return made

    _machine: GradedEngine
    _checked: bytes

    def __repr__(self) -> str:
        ends = "" if self.tolerance is None else f", settles to {self.tolerance:g} per ms"
        return (
            f"GradedSimulator({self.spec.name!r}, backend {self.target.name!r}, dt {self.dt:g} ms, "
            f"duration {self.duration:g} ms{ends}, batch {self.batch})"
        )

    def __reduce__(self) -> NoReturn:
        raise UnsupportedError(
            "a simulator of a network that sends values is not copied or pickled",
            remedy="compile it again and restore(sim.state())",
        )

    @property
    def tolerance(self) -> float | None:
        """How fast a state may move where a sample is over [per ms]; None: all steps run."""
        return self.graded.tolerance

    @enough_memory("this batch", _FEWER)
    def run(self, batch: SpikeBatch, record: Sequence[str] = ()) -> GradedOutcome:
        """Forward only; ``record`` names ``"population.state"`` or ``"population.value"``.

        Raises:
            DataError: for a batch that does not fit, or something to record that does not exist.
            DescriptionError: for parameters that are not finite or out of bounds, and a step beyond
                the largest at which the network can settle.
            ConvergenceError: where a sample has not settled at the end of the trial.
            DivergenceError: where a state leaves the finite numbers.
        """
        alive = [p for p in self.graded.populations if not p.source]
        refuse_unrecordable([f"{p.name}.{x}" for p in alive for x in p.recordable], record)
        inputs, flow = self._given(batch, False), self._flow()
        outcome = self._machine.run(flow.used, self.topology, inputs, tuple(record))
        refuse_swinging(self.graded, outcome, flow.used, self.topology, inputs)
        refuse_unsettled(self.graded, outcome)
        self._last = flow.with_penalties(outcome)
        return cast("GradedOutcome", self._last)

    @enough_memory("this batch", _FEWER)
    def gradients(self, batch: SpikeBatch) -> tuple[float, dict[str, np.ndarray]]:
        """Mean loss of the batch, and its gradient for every learned parameter by flat name.

        With a tolerance the gradient is that of the fixed point, by an adjoint fixed point; without
        one that of all steps.

        Raises:
            ConvergenceError: where a sample, or its adjoint, has not settled at the end.
            UnsupportedError: for a network compiled without a loss.
        """
        gradients = self._slopes(batch)[1]
        self._gradients = gradients
        return self.last.loss, gradients

    def input_gradients(self, batch: SpikeBatch) -> tuple[float, dict[str, np.ndarray]]:
        """Mean loss, and its gradient for the values of every source, by the source's name.

        Each has the shape of the values; raises like :meth:`gradients`.
        """
        found = self._slopes(batch)[0]
        sources = (p.name for p in self.graded.populations if p.source)
        return self.last.loss, {name: found[f"{name}.value"] for name in sources}

    def inputs(self, batch: SpikeBatch, learning: bool = False) -> Any:
        """The batch as backends take it: values, labels and targets.

        Raises:
            DataError: for values, labels or targets that do not fit the network.
        """
        return self._given(batch, learning)

    def on(
        self,
        *,
        clock: str | None = None,
        dt: Quantity | float | None = None,
        backend: str | Target | None = None,
        duration: Quantity | float | None = None,
        tolerance: float | None = None,
    ) -> GradedSimulator:
        """This network, with its present state, with another dt, backend, duration or tolerance.

        ``tolerance=float("inf")`` takes it away, so that all steps run.

        Raises:
            GenpropError: for what the backend cannot run, and for the exact clock.
        """
        if clock not in (None, "grid"):
            raise UnsupportedError(
                f"neurons that send values do so in steps: they have no clock {clock!r:.60}",
                where="on(clock=…)",
                remedy="leave it out",
            )
        step = self.dt if dt is None else in_ms(dt)
        length = self.duration if duration is None else in_ms(duration)
        ends = self.tolerance if tolerance is None else tolerance
        ends = None if ends == float("inf") else ends
        target = self.target if backend is None else get_backend(backend)
        made = GradedSimulator.of(
            self.spec,
            build_graded(self.spec, target, step, length, ends),
            target,
            copy.deepcopy(self.stages.all),
            batch=self.batch,
            seed=self.seed,
        )
        made.restore(self.state())
        made.settings = {name: dict(numbers) for name, numbers in self.settings.items()}
        return made

    def retarget(
        self, target: str = "loihi", quantise: Quantise | None = None, **other: object
    ) -> Any:
        """This network, with its present parameters, in the integers and steps of a chip.

        Args:
            target: ``"loihi"``: Loihi 2.
            quantise: bits of a weight, and the data that scales are measured on, which are needed.
            other: refused; only the weights of networks of spikes are rounded one by one.

        Returns:
            A :class:`~genprop.runtime.graded_chip.GradedChip`.

        Raises:
            GenpropError: everything that the chip cannot hold, at once, with remedies.
        """
        from genprop.runtime.graded_retarget import retarget_graded

        if other:
            raise ConfigurationError(
                f"retarget has no {', '.join(other)} for networks whose neurons send values",
                remedy="leave it out",
            )
        return retarget_graded(self, target, quantise)

    def _slopes(self, batch: SpikeBatch) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """What the engine gave, and the gradients of the leaves."""
        if not self.graded.losses:
            raise UnsupportedError(
                "there is no loss to differentiate",
                remedy="compile(net, loss=gp.CrossEntropy(gp.final(…)), …)",
            )
        self._gradients = None
        inputs, flow = self._given(batch, True), self._flow()
        outcome, found = self._machine.gradients(flow.used, self.topology, inputs)
        refuse_swinging(self.graded, outcome, flow.used, self.topology, inputs)
        refuse_unsettled(self.graded, outcome)
        self._last = flow.with_penalties(outcome)
        learned = {p.name for p in self.spec.parameters() if p.learned}
        return found, flow.back({name: g for name, g in found.items() if name in learned})

    def _given(self, batch: SpikeBatch, learning: bool) -> GradedInputs:
        refuse_unlike(batch, "labels select", "run(batch)", "a gp.data.GradedBatch", DataError)
        found = graded_inputs(self.graded, batch, learning=learning)
        if found.batch > self.batch:
            raise DataError(
                f"the batch has {found.batch} samples, the simulator was compiled for {self.batch}",
                remedy="compile(…, batch=…) with the largest batch",
            )
        return found

    def _flow(self) -> Flow:
        self.parameters.refuse_unsound()
        flow = self.stages.forward(self.parameters, self.topology)
        self._checked = refuse_long_step(self.graded, flow.used, self.topology, self._checked)
        return flow
