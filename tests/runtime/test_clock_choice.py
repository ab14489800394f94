"""Where no clock is named, the best that network and backend have is taken, and the reason told."""

from __future__ import annotations

import pytest

import genprop as gp
from genprop.backends import get_backend
from genprop.runtime.clock_choice import choose_clock, clock_words, why_not_exact
from genprop.testing.zoo import NAMES, example

REFERENCE, GENN = get_backend("reference"), get_backend("genn")


def chosen(name: str, backend: str = "reference", solver: str = "exact") -> str:
    e, target = example(name), get_backend(backend)
    return choose_clock(None, 1.0, e.duration, e.spec(), target, solver).name


@pytest.mark.parametrize("name", NAMES)
def test_linear_networks_take_the_exact_clock_and_others_the_grid(name: str) -> None:
    assert chosen(name) == ("exact" if example(name).linear else "grid")
    assert chosen(name, "genn") == "grid"
    assert chosen(name, solver="runge_kutta:4") == "grid"


def test_what_is_compiled_is_what_was_chosen() -> None:
    e = example("feed_forward")
    options = {"loss": e.loss, "dt": 1.0, "duration": e.duration, "backend": "reference"}
    assert gp.compile(e.network, **options).program.clock.name == "exact"  # type: ignore[arg-type]
    assert gp.compile(e.network, **options, clock="grid").program.clock.name == "grid"  # type: ignore[arg-type]
    assert "exact clock: spikes" in gp.show(e.network, "program", loss=e.loss, backend="reference")


def test_the_reason_names_what_keeps_a_network_on_the_grid() -> None:
    spec, clock = (
        example("quadratic").spec(),
        gp.compile(
            example("quadratic").network, dt=1.0, duration=10.0, backend="reference"
        ).program.clock,
    )
    reason = why_not_exact(spec, REFERENCE, "exact", clock)
    assert reason.startswith("population hidden: its flow is not linear in the states")
    assert why_not_exact(example("recurrent").spec(), REFERENCE, "exact", clock) == ""
    assert "GeNN delivers spikes" in why_not_exact(spec, GENN, "exact", clock)
    assert "runge_kutta:2" in why_not_exact(spec, REFERENCE, "runge_kutta:2", clock)


def test_show_and_repr_say_which_clock_runs_and_why() -> None:
    linear, curved = example("recurrent"), example("quadratic")
    shown = gp.show(linear.network, "program", loss=linear.loss, backend="reference", clock="grid")
    assert shown.startswith("time grid of 1 ms, as chosen")
    shown = gp.show(curved.network, "program", loss=curved.loss, backend="reference")
    assert "since the exact clock cannot run it: population hidden: its flow" in shown
    sim = gp.compile(linear.network, dt=1, duration=10, backend="reference", clock="exact")
    assert "exact clock, dt 1 ms" in repr(sim)
    words = clock_words(sim.spec, sim.target, "exact", sim.program.clock)
    assert words.startswith("exact clock: spikes, arrivals and releases at their real times")
