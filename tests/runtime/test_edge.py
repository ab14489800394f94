"""Every number that enters is checked once, at the public edge, before anything reads it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp
from genprop import _checks, ms
from genprop.data.spikes import SpikeBatch
from genprop.errors import (
    CheckpointError,
    ConfigurationError,
    DataError,
    DescriptionError,
    GenpropError,
    UnsupportedError,
)

if TYPE_CHECKING:
    from genprop.describe.objective import Loss
    from genprop.describe.pattern import Pattern

DELAY, TAU = "input->hidden.delay", "hidden.tau_mem"
BACKENDS = ("native", "reference")


def network() -> gp.Network:
    net = gp.Network("edge")
    source = net.population("input", 2, gp.spikes())
    hidden = net.population("hidden", 4, gp.neuron("LIF", tau_mem=gp.learn(20 * ms, min=1 * ms)))
    out = net.population("out", 3, gp.neuron("LI"))
    net.connect(
        source,
        hidden,
        gp.synapse("exp"),
        weight=gp.learn(gp.normal(1.5, 0.5)),
        delay=gp.learn(gp.uniform(0, 5), max=0.1 + 9.9 * ms.value),
    )
    net.connect(hidden, out, gp.synapse("exp"), weight=gp.learn(gp.normal(0, 0.5)))
    return net


def compiled(backend: str = "reference", loss: Loss | None = None, **more: object) -> gp.Simulator:
    options: dict[str, object] = {"dt": 1, "duration": 10, "batch": 4, "backend": backend}
    return gp.compile(
        network(),
        loss=loss or gp.CrossEntropy(gp.integral("out")),
        optimiser=gp.Adam(1e-3),
        **(options | more),  # pyright: ignore[reportArgumentType]
    )


def samples(count: int = 2, **more: object) -> SpikeBatch:
    events = [(np.array([1.0, 2.0]), np.array([0, 1]))] * count
    given: dict[str, object] = {"labels": np.arange(count) % 3, "channels": 2, "duration": 10.0}
    return SpikeBatch.from_events(events, **(given | more))  # type: ignore[arg-type]


WRONG_TARGETS = ((2, 2), (2, 4), (2, 5, 3), (2, 10, 7), (2, 11, 3))


@pytest.mark.parametrize("backend", BACKENDS)
def test_targets_of_another_shape_never_reach_a_backend(backend: str) -> None:
    sim = compiled(backend, gp.MeanSquare(gp.trace("out")))
    for shape in WRONG_TARGETS:
        for call in (sim.gradients, sim.run):
            with pytest.raises(DataError, match="do not fit population 'out'"):
                call(samples(targets=np.zeros(shape)))
    flat = sim.gradients(samples(targets=np.zeros((2, 3))))[0]
    assert flat == sim.gradients(samples(targets=np.zeros((2, 10, 3))))[0]


def test_targets_over_time_need_a_loss_over_time() -> None:
    sim = compiled("reference", gp.MeanSquare(gp.integral("out")))
    with pytest.raises(DataError, match=r"\(2, 10, 3\)"):
        sim.gradients(samples(targets=np.zeros((2, 10, 3))))


def test_targets_that_no_loss_reads_are_left_alone() -> None:
    plain = compiled().gradients(samples())[0]
    assert plain == compiled().gradients(samples(targets=np.zeros((2, 77))))[0]


def test_which_labels_fit_does_not_depend_on_the_order_of_a_sum() -> None:
    entropy, budget = gp.CrossEntropy(gp.integral("out")), gp.SpikeBudget("hidden", 1)
    for loss in (entropy + budget, budget + entropy):
        sim = compiled("reference", loss)
        sim.gradients(samples(labels=np.array([0, 2])))
        with pytest.raises(DataError, match="label 3 is out of range: there are 3 outputs"):
            sim.gradients(samples(labels=np.array([0, 3])))


@pytest.mark.parametrize("clock", ["exact", "grid"])
def test_a_label_that_one_loss_reads_may_be_beyond_what_another_looks_at(clock: str) -> None:
    """The budget is that of one neuron, and classes are three."""
    net, exp = gp.Network("few"), gp.synapse("exp")
    source = net.population("input", 2, gp.spikes())
    hidden = net.population("hidden", 1, gp.neuron("LIF"))
    out = net.population("out", 3, gp.neuron("LI"))
    net.connect(source, hidden, exp, weight=gp.learn(gp.constant(2.0)))
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0, 0.5)))
    loss = gp.CrossEntropy(gp.integral("out")) + gp.SpikeBudget("hidden", 1)
    options: dict[str, Any] = {"dt": 1, "duration": 10, "batch": 4, "backend": "reference"}
    sim = gp.compile(net, loss=loss, clock=clock, **options)
    value, _ = sim.gradients(samples(labels=np.array([0, 2])))
    assert value == pytest.approx(sum(sim.last.terms.values()))


def test_a_loss_of_counts_alone_needs_no_labels() -> None:
    compiled("reference", gp.SpikeBudget("hidden", 1)).gradients(samples(labels=None))


OUTSIDE = ((DELAY, 50.0), (DELAY, -3.0), (TAU, 0.0), (TAU, -20.0), (TAU, 0.99), (TAU, np.nan))


@pytest.mark.parametrize(("name", "value"), OUTSIDE)
def test_a_parameter_never_leaves_its_bounds(name: str, value: float) -> None:
    sim = compiled()
    before = np.array(sim.parameters[name])
    with pytest.raises(DescriptionError, match=name):
        sim.parameters[name] = value
    assert np.array_equal(sim.parameters[name], before)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("name", "value"), OUTSIDE)
def test_what_is_written_in_place_is_checked_when_used(
    backend: str, name: str, value: float
) -> None:
    sim = compiled(backend)
    sim.parameters[name].reshape(-1)[0] = value
    for call in (sim.gradients, sim.run):
        with pytest.raises(DescriptionError, match=name):
            call(samples())


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_value_on_its_bound_is_inside_whatever_the_precision(backend: str) -> None:
    sim = compiled(backend)
    bound = next(p.maximum for p in sim.spec.parameters() if p.name == DELAY)
    assert bound is not None
    sim.parameters[DELAY] = bound  # float32 holds it rounded, up or down
    sim.parameters[DELAY] = np.array(sim.parameters[DELAY])
    sim.run(samples())


def test_parameters_follow_mapping() -> None:
    parameters = compiled().parameters
    assert "foo" not in parameters
    assert 3 not in parameters
    assert TAU in parameters
    assert parameters.get("foo") is None
    assert parameters.get("foo", 7) == 7
    assert parameters.get(TAU) is parameters[TAU]
    with pytest.raises(DescriptionError, match="holds no numbers"):
        parameters[TAU] = "twenty"  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        (f"parameter/{TAU}", np.inf),
        (f"parameter/{DELAY}", 50.0),
        (f"optimiser/{TAU}/m", np.nan),
        ("counter/updates", -1),
    ],
)
def test_a_state_that_could_not_run_is_refused_and_changes_nothing(
    entry: str, value: float
) -> None:
    sim = compiled()
    state = sim.state()
    before = {name: np.array(a) for name, a in state.items()}
    for name in state:
        if name.startswith("parameter/"):
            state[name] = state[name] * 0.999
    state[entry] = np.full_like(np.asarray(state[entry], float), value)
    with pytest.raises(CheckpointError, match=entry.replace(">", ".")):
        sim.restore(state)
    after = sim.state()
    assert all(np.array_equal(after[name], before[name]) for name in before)


COMPILE: dict[str, tuple[object, ...]] = {
    "batch": (0, -1, 2.5, "20", True, None),
    "seed": (-1, None, 1.5, "0"),
    "events": ("both", None),
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in COMPILE.items() for v in vs])
def test_compile_refuses_what_is_no_number_of_its_kind(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=name):
        compiled(**{name: value})  # pyright: ignore[reportArgumentType]


def test_numpy_integers_are_integers() -> None:
    assert compiled(batch=np.int64(4), seed=np.uint8(3)).batch == 4


def task(channels: int = 2, classes: int = 3) -> gp.data.Dataset:
    batch = samples(6, channels=channels, labels=np.arange(6) % classes)
    return gp.data.Dataset(batch, classes)


CLIP = gp.train.Clip(norm=1.0)
FIT: dict[str, tuple[Callable[[], dict[str, object]], type[Exception], str]] = {
    "epochs below 0": (lambda: {"epochs": -1}, ConfigurationError, "epochs"),
    "half an epoch": (lambda: {"epochs": 1.5}, ConfigurationError, "epochs"),
    "a seed below 0": (lambda: {"seed": -1}, ConfigurationError, "seed"),
    "a function": (lambda: {"callbacks": [lambda *_: None]}, ConfigurationError, "no callback"),
    "one callback": (
        lambda: {"callbacks": gp.train.Clip(norm=1.0)},
        ConfigurationError,
        "as a list",
    ),
    "spikes": (lambda: {"train": samples()}, DataError, "a data set was expected"),
    "channels": (lambda: {"valid": task(channels=3)}, DataError, "channels"),
    "classes": (lambda: {"valid": task(classes=2)}, DataError, "classes"),
    "a network": (lambda: {"sim": network()}, ConfigurationError, "cannot be trained"),
}


@pytest.mark.parametrize("case", FIT)
def test_fit_refuses_before_it_begins(case: str) -> None:
    changes, kind, words = FIT[case]
    given: dict[str, object] = {"sim": compiled(), "train": task(), "valid": task(), "epochs": 1}
    given |= changes()
    sim, train, valid = (given.pop(name) for name in ("sim", "train", "valid"))
    with pytest.raises(kind, match=words):
        gp.fit(sim, train, valid, progress=False, **given)  # type: ignore[arg-type]


def test_an_array_is_no_batch() -> None:
    with pytest.raises(DataError, match="a batch of spikes was expected, not a ndarray"):
        compiled().run(np.zeros((2, 10, 2)))  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (4, 2), (2, 4, 1)])
def test_a_gradient_of_another_shape_never_reaches_a_backend(shape: tuple[int, ...]) -> None:
    sim = compiled("native")
    before = np.array(sim.parameters[DELAY])
    with pytest.raises(DescriptionError, match="a gradient of shape"):
        sim.step({DELAY: np.zeros(shape)})
    assert np.array_equal(sim.parameters[DELAY], before)


LARGE: dict[str, tuple[dict[str, Any], str]] = {
    "a duration": ({"duration": 1e308}, "steps"),
    "another duration": ({"duration": 1e18}, "steps"),
    "a step": ({"dt": 1e-300}, "steps"),
    "a batch": ({"batch": 10**18}, "batch"),
}


@pytest.mark.parametrize("case", LARGE)
def test_a_trial_or_batch_beyond_what_32_bits_count_is_refused_at_once(case: str) -> None:
    given, what = LARGE[case]
    with pytest.raises(GenpropError, match=what):
        compiled("reference", **given)


@pytest.mark.parametrize("size", [10**18, 10**30, 2**31])
def test_a_population_has_no_more_neurons_than_32_bits_count(size: int) -> None:
    with pytest.raises(DescriptionError, match="number of neurons"):
        gp.Network("n").population("h", size, gp.neuron("LI"))


PATTERNS: dict[str, Pattern] = {
    "dense": gp.dense(),
    "sparse": gp.sparse(0.9),
    "one to one": gp.one_to_one(),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_synapses_that_no_memory_holds_are_refused_before_they_are_drawn(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = gp.Network("n")
    source = net.population("a", 100_000, gp.spikes())
    cells = net.population("b", 100_000, gp.neuron("LI"))
    monkeypatch.setattr(_checks, "memory", lambda: 1e6)
    with pytest.raises(UnsupportedError, match="GB of memory, there are 0\\.001"):
        net.connect(source, cells, gp.synapse("exp"), weight=1.0, pattern=PATTERNS[pattern])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_delay_line_that_no_memory_holds_is_refused_before_it_is_compiled(backend: str) -> None:
    net = gp.Network("n")
    source = net.population("a", 2, gp.spikes())
    cells = net.population("b", 1000, gp.neuron("LI"))
    net.connect(source, cells, gp.synapse("exp"), weight=1.0, delay=0.0, max_delay=2e9)
    weights = net.connect(
        source, cells, gp.synapse("exp", tau=3 * ms), weight=1.0, delay=gp.learn(1.0, max=2e9)
    )
    assert weights.spec.max_delay == 2e9
    with pytest.raises(UnsupportedError, match="GB of arrivals at b"):
        gp.compile(net, clock="grid", dt=1, duration=10, batch=1, backend=backend)


def test_a_delay_line_of_more_places_than_synapses_can_name_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = gp.Network("n")
    source = net.population("a", 1, gp.spikes())
    cells = net.population("b", 100_000, gp.neuron("LI"))
    net.connect(source, cells, gp.synapse("exp"), weight=1.0)
    monkeypatch.setattr(_checks, "memory", lambda: 1e15)
    with pytest.raises(UnsupportedError, match=r"4\.3e\+09 places"):
        gp.compile(net, clock="grid", dt=1, duration=43_000, batch=1, backend="native")


def test_a_batch_for_which_the_memory_does_not_suffice_says_so() -> None:
    sim = compiled("reference")

    def short(*_: object) -> None:
        raise MemoryError

    sim.engine.run = short  # type: ignore[method-assign, assignment]
    with pytest.raises(UnsupportedError, match="memory does not suffice for this batch"):
        sim.run(samples())


def test_the_memory_is_that_of_the_computer_or_a_limit_below_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resource = pytest.importorskip("resource", reason="limits are those of POSIX")
    whole = _checks.memory()
    assert 1e8 < whole < 1e15
    monkeypatch.setattr(resource, "getrlimit", lambda _: (10**7, 10**7))
    assert _checks.memory() == 1e7


@pytest.mark.parametrize("backend", BACKENDS)
def test_samples_that_last_longer_than_the_trial_are_told(backend: str) -> None:
    """No event is ever dropped, but silence at the end of samples belongs to them as well."""
    sim = compiled(backend)
    quiet = samples(duration=15.0)
    for call in (sim.run, sim.gradients):
        with pytest.warns(UserWarning, match=r"last 15 ms, and the trial ends after 10 ms") as told:
            call(quiet)
        assert {warning.filename for warning in told} == {__file__}  # the caller's own line
    late = SpikeBatch.from_events([([1.0, 12.0], [0, 1])], channels=2, duration=15.0, labels=[0])
    with pytest.raises(DataError, match="1 events come after the trial"):
        sim.run(late)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sim.run(quiet.crop(10.0))


def test_data_of_another_task_are_refused_wherever_a_network_is_shown_data() -> None:
    """Channels and classes fewer than the network has would run, and mean nothing."""
    sim, other = compiled(), gp.data.xor(8, early=1.0, late=3.0, duration=10.0)
    calls: list[Callable[[], object]] = [
        lambda: gp.evaluate(sim, other),
        lambda: gp.predict(sim, other),
        lambda: gp.agreement(sim, sim, other),
        lambda: gp.fit(sim, other, epochs=1, progress=False),
    ]
    for call in calls:
        with pytest.raises(DataError, match="3 channels, population 'input' has 2"):
            call()
    for call in (gp.evaluate, gp.predict):
        with pytest.raises(DataError, match="a data set was expected, not a SpikeBatch"):
            call(sim, samples())  # pyright: ignore[reportArgumentType]
