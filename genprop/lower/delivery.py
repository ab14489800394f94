"""Delivery and gathering as statements: what an arrival does, and what it reads in reverse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from genprop.lower.nodes import AddTo, Assign, Multiply, Name, Number, names_in, rewritten

if TYPE_CHECKING:
    from genprop.lower.nodes import Expr

__all__ = [
    "DL_DVALUE",
    "LATE",
    "RETURNED",
    "SENT",
    "VALUE",
    "WEIGHT",
    "Delivery",
    "delivery_by_step",
    "with_values",
]

WEIGHT, VALUE, LATE = "weight", "value", "late"
"""What a statement of one arrival reads: the synapse's weight, what the event carries (1 where it
carries nothing), and the time [ms] from the start of the step in which it arrives."""
SENT, RETURNED = "sent", "dL_dt"
"""∂L/∂t of the sending spike, and the exposed ∂L/∂t_arr per unit weight, to which what readouts
and induced spikes cost is added."""
DL_DVALUE = "dL_dvalue"
"""∂L/∂(value) of the sending spike."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What spikes do at a receptor, in the order in which it happens.

    Forward: at each arrival ``deposits`` add to ``slots`` (of the delay buffer, one number each per
    neuron and step), reading weight, value and lateness of the arrival. At the start of its step
    ``arrival`` adds to states, reading slots and the numbers of the population.

    In reverse: at the start of a step ``exposed`` are computed per neuron, reading its adjoints and
    numbers, the states before delivery and ``arrived``, what was due in the first slot. Each
    arrival of that step reads them: ``gathered`` add to ``sums`` of the synapse and ``returned`` to
    ``sent``, ∂L/∂t of the spike. After the batch ``gradients`` give ∂L/∂(weight) and ∂L/∂(delay)
    of each synapse, linear in its sums. Where events carry values, ``valued`` add to ``dL_dvalue``,
    ∂L/∂(value) of the spike.
    """

    slots: tuple[str, ...]
    deposits: tuple[AddTo, ...]
    arrival: tuple[AddTo, ...]
    exposed: tuple[Assign, ...]
    sums: tuple[str, ...]
    gathered: tuple[AddTo, ...]
    returned: tuple[AddTo, ...]
    gradients: tuple[Assign, ...]
    valued: tuple[AddTo, ...] = ()

    @property
    def carries(self) -> bool:
        """Whether arrivals read what their events carry."""
        return VALUE in self._read()

    @property
    def simplest(self) -> bool:
        """Whether this is :func:`delivery_by_step`: arrivals sum their weights, nothing else."""
        by_step = delivery_by_step({}, Name(""), Name(""))
        same = replace(self, arrival=(), exposed=by_step.exposed)
        return same == by_step and self.names == by_step.names

    @property
    def timed(self) -> bool:
        """Whether arrivals read when in their step they arrive."""
        return LATE in self._read()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of what is exposed."""
        return tuple(a.target for a in self.exposed)

    def _read(self) -> set[str]:
        lines = (*self.deposits, *self.gathered, *self.returned, *self.gradients, *self.valued)
        return {name for line in lines for name in names_in(line.value)}


def delivery_by_step(factors: Mapping[str, Expr], weight: Expr, time: Expr) -> Delivery:
    """All arrivals of a step at its start: their summed weight moves states by ``factors``.

    ``weight`` is ∂L/∂w and ``time`` ∂L/∂t_arr per unit weight, of the neuron's adjoints.
    """
    due, w = Name("due"), Name(WEIGHT)
    moved = Multiply((w, Name(RETURNED)))
    return Delivery(
        slots=("due",),
        deposits=(AddTo("due", w),),
        arrival=tuple(
            AddTo(state, due if factor == Number(1.0) else Multiply((due, factor)))
            for state, factor in factors.items()
        ),
        exposed=(Assign("dL_dw", weight), Assign(RETURNED, time)),
        sums=("sum_dL_dw", "sum_dL_dt"),
        gathered=(AddTo("sum_dL_dw", Name("dL_dw")), AddTo("sum_dL_dt", Name(RETURNED))),
        returned=(AddTo(SENT, moved),),
        gradients=(
            Assign("weight", Name("sum_dL_dw")),
            Assign("delay", Multiply((w, Name("sum_dL_dt")))),
        ),
    )


def with_values(delivery: Delivery) -> Delivery:
    """The same where each event counts as much as it carries.

    The loss knows weight and value by their product alone, so that ∂L/∂value of an arrival is the
    weight times what its synapse gathers for ∂L/∂weight at value 1.
    """

    def times(lines: tuple[AddTo, ...]) -> tuple[AddTo, ...]:
        return tuple(AddTo(a.target, Multiply((Name(VALUE), a.value))) for a in lines)

    once = {a.target: a.value for a in delivery.gathered}

    def of_one(e: Expr) -> Expr:
        return once.get(e.id, e) if isinstance(e, Name) else e

    gathered = next(a.value for a in delivery.gradients if a.target == WEIGHT)
    valued = Multiply((Name(WEIGHT), rewritten(gathered, of_one)))
    return replace(
        delivery,
        deposits=times(delivery.deposits),
        gathered=times(delivery.gathered),
        returned=times(delivery.returned),
        valued=(AddTo(DL_DVALUE, valued),),
    )
