"""Level H: each of the known ways to get the adjoint wrong turns level B red."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import sympy

from genprop.adjoint.derive import derive_population
from genprop.adjoint.system import SEND, AdjointNetwork, AdjointSystem
from genprop.backends.reference.exact.adjoint import Reverse
from genprop.backends.reference.exact.trajectories import Arrival, Event
from genprop.runtime.differences import worst_error

if TYPE_CHECKING:
    from tests.gradients.conftest import Zoo

# A mistake is far from the tolerance of level B (1e-7), or it would be no mistake.
RED = 1e-4


def in_every_population(
    network: AdjointNetwork, change: Callable[[AdjointSystem], AdjointSystem]
) -> AdjointNetwork:
    return replace(network, populations={n: change(s) for n, s in network.populations.items()})


def with_jump(system: AdjointSystem, jump: Callable[[sympy.Symbol], sympy.Expr]) -> AdjointSystem:
    if system.system.guard is None:
        return system
    return replace(system, jump={q: jump(q) for q in system.jump})


def no_reset_term(system: AdjointSystem) -> AdjointSystem:
    """The spike's time moves only what it sends, not what comes after its reset."""
    return with_jump(
        system, lambda q: system.transfer[q] - system.guard_gradient[q] * SEND / system.rate
    )


def threshold_for_its_distance_to_reset(system: AdjointSystem) -> AdjointSystem:
    """θ where θ − V_r belongs."""
    reset = sympy.Symbol("v_reset", real=True)
    return with_jump(system, lambda q: system.jump[q].subs(reset, 0))


def no_feedback(system: AdjointSystem) -> AdjointSystem:
    """Spikes that were sent report nothing back."""
    return with_jump(system, lambda q: system.jump[q].subs(SEND, 0))


def only_current_fed_back(system: AdjointSystem) -> AdjointSystem:
    """−λI instead of λV − λI."""
    voltage = sympy.Symbol("p_v", real=True)
    receptors = tuple(replace(p, time=p.time.subs(voltage, 0)) for p in system.receptors)
    return replace(system, receptors=receptors)


def no_refractoriness(system: AdjointSystem) -> AdjointSystem:
    """The backward pass does not know of the clamp."""
    return derive_population(replace(system.system, refractory=None, held=()))


class AtEmission(Reverse):
    """Arrivals read the adjoint when their spike was sent."""

    def run(self) -> None:
        def moved(event: Event) -> Event:
            return replace(event, time=event.emitted) if isinstance(event, Arrival) else event

        events = [moved(event) for event in self.trial.events]
        self.trial.events = sorted(events, key=lambda e: (e.time, isinstance(e, Arrival)))
        super().run()


class NoLossJump(Reverse):
    """l⁻ − l⁺ is left out."""

    def loss_across(self, event: Event) -> float:
        return 0.0


class NoKink(Reverse):
    """A maximum at a kink does not move with it."""

    def kink(self, due: object) -> float:
        return 0.0


ALTERED: Mapping[str, tuple[Callable[[AdjointSystem], AdjointSystem], str]] = {
    "no reset term": (no_reset_term, "recurrent"),
    "θ for θ − V_r": (threshold_for_its_distance_to_reset, "spiking_trace"),
    "feedback dropped": (no_feedback, "recurrent"),
    "only −λI fed back": (only_current_fed_back, "feed_forward"),
    "refractoriness ignored": (no_refractoriness, "refractory"),
}
HOOKED: Mapping[str, tuple[type[Reverse], str]] = {
    "λ read at emission": (AtEmission, "feed_forward"),
    "l_V jump omitted": (NoLossJump, "spiking_trace"),
    "kink ignored": (NoKink, "highest"),
}


@pytest.mark.parametrize("mistake", ALTERED)
def test_a_mistake_in_the_adjoint_fails(mistake: str, zoo: Zoo) -> None:
    change, name = ALTERED[mistake]
    exact, (right, found) = zoo.solved(name), zoo.measured(name)
    wrong = exact.gradients(adjoint=in_every_population(exact.adjoint, change))
    assert worst_error(right.gradients, found)[0] < 1e-7
    assert worst_error(wrong.gradients, found)[0] > RED


@pytest.mark.parametrize("mistake", HOOKED)
def test_a_mistake_in_the_reverse_pass_fails(mistake: str, zoo: Zoo) -> None:
    reverse, name = HOOKED[mistake]
    exact, (right, found) = zoo.solved(name), zoo.measured(name)
    wrong = exact.gradients(reverse=reverse)
    assert worst_error(right.gradients, found)[0] < 1e-7
    assert worst_error(wrong.gradients, found)[0] > RED
