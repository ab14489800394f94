"""One call of a library on the exact clock: times are full steps and the part that is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.native.call import Call
from genprop.backends.native.layout import continuous_numbers_type
from genprop.emit.continuous_view import bounded_row, moved, read
from genprop.emit.names import identifier
from genprop.emit.native_continuous import USUAL_DEGREES
from genprop.errors import DescriptionError
from genprop.lower.clocks.exact import ExactClock
from genprop.lower.continuous import FinalValue, HighestValue
from genprop.numerics.continuous import refuse_many_pieces, stretches

if TYPE_CHECKING:
    import ctypes
    from collections.abc import Mapping

    from genprop.backends.base import Outcome
    from genprop.lower.continuous import Continuous
    from genprop.lower.program import PopulationProgram, ProjectionProgram
    from genprop.numerics.continuous import Stretches

__all__ = ["ContinuousCall"]

_TOLERANCE = {4: 2e-8, 8: 2e-15}
"""Of the polynomials that say what arrivals do, by the bytes of a number."""
_MOST_PIECES = 1e8
"""Of a neuron in a sample: some seconds, and as many as an int counts."""


class ContinuousCall(Call):
    """Fills the generated ``struct Batch`` of a network on the exact clock."""

    @property
    def clock(self) -> ExactClock:
        """The clock of the library: of the parts that steps are divided into."""
        clock = self.program.clock
        assert isinstance(clock, ExactClock)  # as engines choose this call for it alone
        return clock.divided

    def outcome(self, spikes: Mapping[str, list[np.ndarray]]) -> Outcome:
        """What the call gave.

        Raises:
            DescriptionError: where a neuron spiked more than a thousand times within a step.
        """
        endless = np.flatnonzero(self._finite < 0)
        if endless.size:
            raise DescriptionError(
                f"a neuron spikes without end in sample {endless[0]}: "
                "more than 1000 times within a step",
                where=f"network {self.program.name}",
                remedy="let the reset fall below the threshold, or lower the weights",
            )
        return super().outcome(spikes)

    def _events(self) -> None:
        steps = self.clock.steps
        for name, events in self.inputs.timed().items():
            own = identifier(name)
            step, part = self.clock.split(events.time, self.dtype)
            late = step >= steps  # by rounding alone: data end before the trial does
            step[late], part[late] = steps - 1, np.nextafter(self.dtype.type(1), self.dtype.type(0))
            self._point(f"{own}_start", np.ascontiguousarray(events.start, np.int64))
            self._point(f"{own}_step", step)
            self._point(f"{own}_part", part)
            self._point(f"{own}_channel", np.ascontiguousarray(events.channel, np.int32))
            if events.value is not None:
                self._point(f"{own}_value", np.ascontiguousarray(events.value, self.dtype))

    def _delays(self, q: ProjectionProgram) -> None:
        own = identifier(q.name)
        full, part = self.clock.split(self.parameters[q.delay], self.dtype)
        self._point(f"{own}_delay", full)
        self._point(f"{own}_late", part * 2)

    def _numbers(self, p: PopulationProgram) -> ctypes.Structure:
        parts = p.continuous
        assert parts is not None  # as of every population on the exact clock
        bounded_by = bounded_row(parts)
        found = stretches(
            p, self.parameters, self.clock.dt, bounded_by, _TOLERANCE[self.dtype.itemsize]
        )
        norm, duration = float(found.norm.max(initial=0.0)), self.clock.dt * self.clock.steps
        refuse_many_pieces(p.name, norm, duration, _MOST_PIECES)
        structure = continuous_numbers_type(p)()
        for q in p.parameters:
            array = np.atleast_1d(np.asarray(self.parameters[q.name], np.float64))
            self._double(structure, f"parameter_{q.local}", array)
        for name in ("start", "flow", "held", "norm", "guard"):
            self._double(
                structure, f"{name}_flow" if name == "held" else name, getattr(found, name)
            )
        bounding = found.rows[bounded_by] if bounded_by else found.guard
        self._double(structure, "seen", self._seen(parts, found, bounding))
        for view in parts.views:
            if isinstance(view, FinalValue):
                row = found.rows[view.loss]
                self._double(structure, f"row_{identifier(view.loss)}", row)
        change = found.step - np.eye(*found.step.shape[1:])  # small, so that rounding stays small
        self._reals(structure, "step", change, p)
        self._double(structure, "guard_path", found.guard_path)
        self._double(structure, "curvature", found.curvature)
        self._reals(structure, "low", found.low, p)
        self._reals(structure, "high", found.high, p)
        components = np.array(moved(parts))
        self._reals(structure, "bounded", found.bounded, p)
        self._reals(structure, "lifting", found.bounded[:, components], p)
        adjoint = components[: max(read(parts), 1)]
        self._reals(structure, "feeding", found.flow[:, adjoint][:, :, adjoint], p)
        for name, reaction in found.reactions.items():
            own = identifier(name)
            origin = reaction.origin[:, :, components].reshape(len(reaction.jump), -1)
            self._double(structure, f"jump_{own}", np.concatenate([reaction.jump, origin], axis=1))
            coefficients = reaction.coefficients[:, :, components]
            spare = max(0, USUAL_DEGREES[self.dtype.itemsize] + 1 - coefficients.shape[1])
            coefficients = np.pad(coefficients, ((0, 0), (0, spare), (0, 0)))
            self._reals(structure, f"coefficients_{own}", coefficients, p)
            self._reals(structure, f"excess_{own}", reaction.excess, p)
            setattr(structure, f"degree_{own}", coefficients.shape[1] - 1)
            setattr(structure, f"grows_{own}", int(reaction.grows))
        return structure

    @staticmethod
    def _seen(parts: Continuous, found: Stretches, bounding: np.ndarray) -> np.ndarray:
        """The row of the maximum, where there is one beside the guard."""
        highest = [found.rows[v.loss] for v in parts.views if isinstance(v, HighestValue)]
        return highest[0] if highest else bounding

    def _reals(
        self, structure: ctypes.Structure, field: str, table: np.ndarray, p: PopulationProgram
    ) -> None:
        """A table of the fast loops: entry by entry, each of all neurons where they differ."""
        flat = table.reshape(len(table), -1)
        if any(q.per_neuron for q in p.parameters):
            flat = np.pad(flat, ((0, -len(flat) % 8), (0, 0)), mode="edge")
        array = np.ascontiguousarray(flat.T, self.dtype)
        self._alive.append(array)
        setattr(structure, field, array.ctypes.data)
