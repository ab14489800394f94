"""States and parameters may be called as words of C++ are; what derivation keeps is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop._resources import data_dir
from genprop.adjoint.derive import derive
from genprop.backends.native import target
from genprop.data.spikes import SpikeBatch
from genprop.emit import render
from genprop.emit.local_names import with_legal_names
from genprop.emit.names import belongs_to_cpp
from genprop.equations.analyse import understand
from genprop.errors import DescriptionError, ToolchainError
from genprop.lower.clocks.grid import TimeGrid
from genprop.lower.network import lower

if TYPE_CHECKING:
    from genprop.describe.objective import Loss
    from genprop.emit.bundle import SourceBundle

_LISTED = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t
char32_t class compl concept const consteval constexpr constinit const_cast continue co_await
co_return co_yield decltype default delete do double dynamic_cast else enum explicit export extern
false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr
operator or or_eq private protected public register reinterpret_cast requires return short signed
sizeof static static_assert static_cast struct switch template this thread_local throw true try
typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq
None True lambda match errno assert NULL EOF NAN INFINITY M_PI FLT_MAX INT_MAX stdin unix linux
major makedev main std size_t _p __x v_ Real lane lanes neuron record numbers gradients held kink
fired spikes steps duration weight value target label gradient block padded v_start v_held
gradient_v gradient_v_at tau_at int32_t erf abs_ q1int qint qnquqlql n i j k w d h g
"""
WORDS = [*map(str, _LISTED.split())]
"""All words of C++20, macros of its headers, and names that templates, or a spelling here, have."""


def network(parameters: list[str], states: list[str]) -> tuple[gp.Network, Loss]:
    """A neuron with these parameters, a sixth of which learn, and states beside v."""
    net = gp.Network("names")
    source = net.population("source", 2, gp.spikes())
    decays = "; ".join(f"d{x}/dt = (0.1*I - {x})/({k + 2}*tau)" for k, x in enumerate(states))
    low, left = " + ".join(["1", *parameters[::30]]), " + ".join(["v_r", *parameters])
    model = gp.Neuron(
        "named",
        flow=f"dv/dt = (I - v{''.join(f' - {x}' for x in states)})/(tau*({low})); {decays}",
        spike="v > 0.5",
        reset=f"v = -({left})" + "".join(f"; {x} = {x} + 0.1" for x in states),
        parameters={
            **{p: gp.learn(1e-4 * (k + 1)) for k, p in enumerate(parameters) if k % 6 == 0},
            **{p: 1e-4 * (k + 1) for k, p in enumerate(parameters) if k % 6},
            "tau": gp.learn(10 * gp.ms),
            "v_r": 0.1,
        },
    )
    hidden, out = net.population("hidden", 3, model), net.population("out", 2, gp.neuron("LI"))
    net.connect(source, hidden, gp.synapse("exp"), weight=gp.learn(gp.normal(6.0, 1.0)))
    net.connect(hidden, out, gp.synapse("exp"), weight=gp.learn(gp.normal(0.5, 0.5)))
    return net, gp.CrossEntropy(gp.integral(out, "v"))


BATCH = SpikeBatch.from_events(
    [([1.0, 3.0, 4.0, 9.0], [0, 1, 0, 1])], channels=2, duration=30.0, labels=np.array([1])
)


def outcome(parameters: list[str], states: list[str], clock: str) -> list[np.ndarray]:
    """Loss, spikes, states and all gradients of a batch."""
    net, loss = network(parameters, states)
    sim = gp.compile(
        net,
        loss=loss,
        dt=1.0,
        duration=30.0,
        batch=1,
        backend=gp.Native("double"),
        clock=clock,
        seed=3,
    )
    value, gradients = sim.gradients(BATCH)
    run = sim.run(BATCH, record=["hidden.spikes", *(f"hidden.{x}" for x in ("v", *states))])
    assert run.spikes["hidden"].sum() > 0
    return [
        np.array(value),
        *gradients.values(),
        *(np.asarray(run.recorded[f"hidden.{x}"]) for x in states),
    ]


def neutral(kind: str, words: list[str]) -> list[str]:
    return [f"{kind}{k}x" for k in range(len(words))]


@pytest.mark.slow
@pytest.mark.parametrize("clock", ["grid", "exact"])
def test_parameters_may_be_called_as_words_of_cpp(clock: str) -> None:
    """All of them in one network, whose numbers are those of the same with plain names."""
    same(outcome(WORDS, [], clock), outcome(neutral("p", WORDS), [], clock))


STATES = ["register", "errno", "M_PI", "lane", "weight", "v_start", "or_eq", "__x"]


@pytest.mark.slow
@pytest.mark.parametrize("clock", ["grid", "exact"])
def test_states_may_be_called_as_words_of_cpp(clock: str) -> None:
    same(outcome([], STATES, clock), outcome([], neutral("s", STATES), clock))


def same(found: list[np.ndarray], expected: list[np.ndarray]) -> None:
    """To rounding: sums are ordered by names."""
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


KEPT = ["p_v", "p_I", "spike_v", "sent", "shift", "v_from_I", "I_crossing", "crossing_rate"]


@pytest.mark.parametrize(("kind", "backend"), [("parameter", "reference"), ("state", "native")])
def test_names_that_derived_equations_keep_are_refused(kind: str, backend: str) -> None:
    """All at once; the interpreter used to read the parameter ``p_v`` as ∂L/∂v."""
    net, loss = network(*((KEPT, []) if kind == "parameter" else ([], KEPT[2:6])))
    with pytest.raises(DescriptionError, match="for something else") as error:
        gp.compile(net, loss=loss, dt=1.0, duration=30.0, backend=backend, clock="grid")
    for name in KEPT if kind == "parameter" else KEPT[2:6]:
        assert repr(name) in str(error.value)
    assert "population hidden" in str(error.value)


@pytest.mark.parametrize("name", ["spikes", "spike_times"])
def test_a_state_is_not_called_as_what_is_recorded_of_spikes(name: str) -> None:
    """``run(record=["hidden.spikes"])`` gave the spikes, never the state."""
    net, loss = network([], [name])
    with pytest.raises(DescriptionError, match=f"'{name}' \\(what is recorded of its spikes"):
        gp.compile(net, loss=loss, dt=1.0, duration=30.0, backend="reference", clock="grid")


def test_without_legal_names_the_compiler_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted mistake; what its words stand for is in the error."""
    monkeypatch.setattr(render, "with_legal_names", lambda program: program)
    net, loss = network(["register"], ["errno"])
    with pytest.raises(ToolchainError):
        gp.compile(net, loss=loss, dt=1.0, duration=29.0, batch=1, clock="grid")


def test_different_names_stay_different() -> None:
    """Also where one is called as another is spelt."""
    net, loss = network(["int", "q1int", "NULL", "qnquqlql"], ["_Bool", "lane", "q1lane"])
    spec = net.freeze(loss, gp.Adam(1))
    clock = TimeGrid.of(1.0, 20.0)
    program = lower(spec, derive(understand(spec), spec), clock=clock)
    cell, legal = (p.population("hidden") for p in (program, with_legal_names(program)))
    own = {*legal.states, *(q.local for q in legal.parameters)}
    assert len(own) == len({*cell.states, *(q.local for q in cell.parameters)})
    assert not any(belongs_to_cpp(word) for word in own)
    assert own >= {"v", "tau", "v_r"}  # which are legal as they are


def test_a_compiler_that_refuses_is_reported_in_the_names_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = "kernels/population.hpp.j2"
    text = (data_dir("templates") / "native" / template).read_text(encoding="utf-8")
    place = tmp_path / "native" / template
    place.parent.mkdir(parents=True)
    place.write_text(f"{text}\nint x = q1lane + q1errno + tau;\n", encoding="utf-8")
    monkeypatch.setenv("GENPROP_TEMPLATES", str(tmp_path))
    net, loss = network(["lane"], ["errno"])
    with pytest.raises(ToolchainError) as error:
        gp.compile(net, loss=loss, dt=1.0, duration=30.0, batch=1, clock="grid")
    _, _, names = str(error.value).partition("generated from these names")
    assert ["q1lane", "'lane'"] in [row.split() for row in names.splitlines()]
    assert ["q1errno", "'errno'"] in [row.split() for row in names.splitlines()]
    assert "'tau'" not in names  # which is called as it is


def test_a_state_on_the_senders_side_is_reported_as_the_model_calls_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refusing(bundle: SourceBundle) -> None:
        raise ToolchainError("error: 'q1errno' was not declared")

    monkeypatch.setattr(target, "build", refusing)
    net = gp.Network("tired")
    source = net.population("source", 2, gp.spikes())
    out = net.population("out", 1, gp.neuron("LI"))
    synapse = gp.Synapse(
        "depressing",
        flow="dI/dt = -I/tau",
        arrival="I = I + w",
        output="I",
        sender_flow="derrno/dt = (1 - errno)/tau_d",
        sender_spike="value = errno; errno = errno/2",
        initial={"errno": 1.0},
        parameters={"tau": 5 * gp.ms, "tau_d": 100 * gp.ms},
    )
    net.connect(source, out, synapse, weight=1.0)
    with pytest.raises(ToolchainError) as error:
        gp.compile(net, loss=gp.MeanSquare(gp.final(out, "v")), dt=1.0, duration=30.0)
    _, _, names = str(error.value).partition("generated from these names")
    assert ["q1errno", "'errno'"] in [row.split() for row in names.splitlines()]
