from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp
from genprop import ms, mV
from genprop.errors import DescriptionError, DimensionError

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec, ParameterSpec


@dataclass
class Delays:
    """A small recurrent network with learnable delays; fields are what tests change."""

    tau: Any = 20 * ms
    weight: Any = 0.03
    delay_max: Any = 60 * ms
    hidden: int = 3
    low: Any = 0 * ms
    synapse_tau: Any = 5 * ms
    name: str = "net"

    def build(self) -> gp.Network:
        net = gp.Network(self.name)
        inp = net.population("inp", 4, gp.spikes())
        hidden = net.population("hidden", self.hidden, gp.neuron("LIF", tau_mem=self.tau))
        out = net.population("out", 2, gp.neuron("LI"))
        exp = gp.synapse("exp", tau=self.synapse_tau)
        delay = gp.learn(gp.uniform(self.low, 30 * ms), max=self.delay_max)
        weight = gp.learn(gp.normal(self.weight, 0.01))
        net.connect(inp, hidden, exp, weight=weight, delay=delay)
        net.connect(hidden, hidden, exp, weight=weight, delay=5 * ms)
        net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0, 0.03)))
        return net

    def loss(self) -> Any:
        return gp.CrossEntropy(gp.integral("out")) + 1e-9 * gp.SpikeBudget("hidden", 14)

    def freeze(self, **optimiser: Any) -> NetworkSpec:
        given = optimiser or {"weight": gp.Adam(1e-3), "delay": gp.Adam(1e-1)}
        return self.build().freeze(self.loss(), given)


def named(spec: NetworkSpec) -> dict[str, ParameterSpec]:
    return {p.name: p for p in spec.parameters()}


def pair(model: Any = None, pre: int = 3, post: int = 4) -> tuple[gp.Network, Any, Any]:
    net = gp.Network("pair")
    return (
        net,
        net.population("a", pre, gp.spikes()),
        net.population("b", post, model or gp.neuron("lif")),
    )


EXP = gp.synapse("exp")


def test_a_network_freezes_to_plain_data_with_flat_names() -> None:
    spec = Delays().freeze()
    assert [p.name for p in spec.populations] == ["inp", "hidden", "out"]
    assert spec.population("inp").neuron is None
    assert [p.name for p in spec.projections] == ["inp->hidden", "hidden->hidden", "hidden->out"]
    assert list(named(spec)) == [
        "hidden.tau_mem",
        "hidden.v_th",
        "hidden.v_reset",
        "hidden.tau_ref",
        "hidden.exp.tau",
        "out.tau_mem",
        "out.exp.tau",
        "inp->hidden.weight",
        "inp->hidden.delay",
        "hidden->hidden.weight",
        "hidden->hidden.delay",
        "hidden->out.weight",
    ]
    shapes = {name: p.shape for name, p in named(spec).items()}
    assert shapes["inp->hidden.weight"] == shapes["inp->hidden.delay"] == (4, 3)
    assert shapes["hidden.tau_mem"] == ()
    assert [t.kind for t in spec.loss] == ["cross_entropy", "spike_budget"]


def test_delays_are_times_between_zero_and_their_maximum() -> None:
    first, second, third = Delays().freeze().projections
    assert first.delay is not None
    assert second.delay is not None
    assert (first.delay.minimum, first.delay.maximum, first.max_delay) == (0.0, 60.0, 60.0)
    assert first.delay.dimension == (1, 0, 0)
    assert (second.max_delay, second.delay.learned, second.delay.shape) == (5.0, False, (3, 3))
    assert (third.delay, third.max_delay) == (None, 0.0)


def test_same_network_same_digest() -> None:
    assert Delays().freeze().digest() == Delays().freeze().digest()
    assert Delays(tau=20).freeze().digest() == Delays().freeze().digest()
    assert Delays(tau=0.02 * gp.s).freeze().digest() == Delays().freeze().digest()


@pytest.mark.parametrize(
    "changed",
    [
        dict(tau=20.000001 * ms),
        dict(tau=gp.learn(20 * ms)),
        dict(tau=gp.learn(20 * ms, min=1 * ms)),
        dict(tau=gp.constant(20 * ms)),
        dict(weight=0.0300001),
        dict(delay_max=61 * ms),
        dict(hidden=4),
        dict(low=1 * ms),
        dict(synapse_tau=5.5 * ms),
        dict(name="other"),
    ],
)
def test_any_changed_number_changes_the_digest(changed: dict[str, Any]) -> None:
    both = [d.build().freeze(d.loss()) for d in (Delays(), replace(Delays(), **changed))]
    assert both[0].digest() != both[1].digest()


def test_loss_and_optimiser_count_in_the_digest() -> None:
    net, loss = Delays().build(), Delays().loss()
    digests = [
        net.freeze().digest(),
        net.freeze(loss).digest(),
        net.freeze(1.5 * loss).digest(),
        net.freeze(loss, gp.Adam(1e-3)).digest(),
        net.freeze(loss, gp.Adam(1e-4)).digest(),
        net.freeze(loss, gp.SGD(1e-3)).digest(),
    ]
    assert len(set(digests)) == len(digests)


def test_prose_and_place_do_not_count_in_the_digest() -> None:
    def digest(**prose: Any) -> str:
        net = gp.Network("n")
        flow = prose.pop("flow", "dv/dt = -v/tau")
        net.population("p", 1, gp.Neuron("x", flow=flow, parameters={"tau": 5 * ms}, **prose))
        return net.freeze().digest()

    assert digest(doc="a") == digest(doc="b", cite="c") == digest(flow="\n\n  dv/dt = -v/tau")
    assert digest() != digest(flow="dv/dt = -2*v/tau")


def test_equal_synapses_share_a_receptor_and_different_ones_do_not() -> None:
    net, a, b = pair()
    for synapse in (
        gp.synapse("exp", tau=5 * ms),
        gp.synapse("EXP", tau=5),
        gp.synapse("exp", tau=9 * ms),
        gp.synapse("exp", tau=9 * ms, name="slow"),
        gp.synapse("alpha"),
    ):
        net.connect(a, b, synapse, weight=1.0)
    spec = net.freeze()
    receptors = spec.population("b").receptors
    assert [r.name for r in receptors] == ["exp", "exp_2", "slow", "alpha"]
    assert [r.suffix for r in receptors] == ["_exp", "_exp_2", "_slow", "_alpha"]
    assert [p.receptor for p in spec.projections] == ["exp", "exp", "exp_2", "slow", "alpha"]
    assert [r.parameters[0].name for r in receptors] == [
        "b.exp.tau",
        "b.exp_2.tau",
        "b.slow.tau",
        "b.alpha.tau",
    ]
    assert [p.name for p in spec.projections] == ["a->b", "a->b.2", "a->b.3", "a->b.4", "a->b.5"]


def test_a_single_receptor_has_no_suffix_unless_the_neuron_has_its_state() -> None:
    net, a, b = pair()
    net.connect(a, b, EXP, weight=1.0)
    assert net.freeze().population("b").receptors[0].suffix == ""
    own = gp.Neuron("x", flow="dI/dt = (J - I)/tau", inputs=("J",), parameters={"tau": 5 * ms})
    into = gp.Synapse("exp", flow="dI/dt = -I/tau", arrival="I = I + w", output="I", input="J",
                      parameters={"tau": 5 * ms})  # fmt: skip
    net, a, b = pair(own)
    net.connect(a, b, into, weight=1.0)
    assert net.freeze().population("b").receptors[0].suffix == "_exp"


def test_projections_may_be_named() -> None:
    net, a, b = pair()
    assert net.connect(a, b, EXP, weight=1.0, name="feed").name == "feed"
    assert net.freeze().projections[0].weight.name == "feed.weight"
    with pytest.raises(DescriptionError, match="already"):
        net.connect(a, b, EXP, weight=1.0, name="feed")


def test_weights_take_the_shape_of_the_pattern() -> None:
    net, a, b = pair()
    net.connect(a, b, EXP, weight=[1.0, 2.0], pattern=gp.sparse(pairs=[(2, 3), (0, 1)]))
    net.connect(a, b, EXP, weight=np.ones((3, 4)), delay=np.full((3, 4), 2.5))
    sparse, dense = net.freeze().projections
    assert (sparse.weight.shape, dense.weight.shape, dense.max_delay) == ((2,), (3, 4), 2.5)
    assert sparse.pattern.column.tolist() == [1, 3]
    with pytest.raises(DescriptionError, match=r"a->b.3.weight .*\(4, 3\).*\(3, 4\)"):
        net.connect(a, b, EXP, weight=np.ones((4, 3)))
    with pytest.raises(DescriptionError, match="one-to-one"):
        net.connect(a, b, EXP, weight=1.0, pattern=gp.one_to_one())
    assert len(net.freeze().projections) == 2


def test_weights_have_the_dimension_of_what_they_are_added_to() -> None:
    cell = gp.Neuron("mv", flow="dv/dt = -v/tau", spike="v > th", reset="v = 0*th",
                     parameters={"tau": 5 * ms, "th": 10 * mV}, units={"v": "mV"})  # fmt: skip
    net, a, b = pair(cell)
    net.connect(a, b, gp.synapse("delta"), weight=2 * mV)
    net.connect(a, b, gp.synapse("delta"), weight=2)
    assert [p.weight.dimension for p in net.freeze().projections] == [(0, 1, 0)] * 2
    with pytest.raises(DimensionError, match=r"a->b\.3\.weight is declared in mV .* ms"):
        net.connect(a, b, gp.synapse("delta"), weight=2 * ms)


@pytest.mark.parametrize(
    ("delay", "bound", "message"),
    [
        (-1 * ms, None, "below its minimum 0"),
        (gp.uniform(-1 * ms, 3 * ms), None, "below its minimum 0"),
        (gp.normal(5 * ms, 1 * ms), None, "not bounded"),
        (gp.learn(70 * ms, max=60 * ms), None, "above its maximum 60"),
        (70 * ms, 60 * ms, "above the maximum 60"),
        (3 * mV, None, "declared in ms"),
        (gp.learn(3 * ms, min=-1 * ms), None, "below the model's own minimum"),
        (3 * ms, 60 * mV, "declared in ms"),
    ],
)
def test_delays_outside_their_bounds_are_refused(delay: Any, bound: Any, message: str) -> None:
    net, a, b = pair()
    with pytest.raises(DescriptionError, match=message):
        net.connect(a, b, EXP, weight=1.0, delay=delay, max_delay=bound)


def test_delay_bounds_come_from_learn_or_max_delay_or_the_largest_value() -> None:
    net, a, b = pair()
    net.connect(a, b, EXP, weight=1.0, delay=gp.learn(3 * ms, max=60 * ms))
    net.connect(a, b, EXP, weight=1.0, delay=3 * ms, max_delay=50 * ms)
    net.connect(a, b, EXP, weight=1.0, delay=np.arange(12.0).reshape(3, 4))
    net.connect(a, b, EXP, weight=1.0, delay=gp.normal(5 * ms, 20 * ms), max_delay=9 * ms)
    projections = net.freeze().projections
    assert [p.max_delay for p in projections] == [60.0, 50.0, 11.0, 9.0]
    drawn = projections[3].delay
    assert drawn is not None
    sample = drawn.initial.sample(np.random.default_rng(0), (3, 4))
    assert sample.min() == 0.0
    assert sample.max() == 9.0


def test_a_population_needs_a_free_name_a_size_and_a_model() -> None:
    net = gp.Network("n")
    net.population("a", np.int64(3), gp.spikes())
    lif = gp.neuron("lif")
    with pytest.raises(DescriptionError, match="'a' already"):
        net.population("a", 3, lif)
    for name in ("a b", "a->b", "1a", "", "a.b"):
        with pytest.raises(DescriptionError, match="is no name"):
            net.population(name, 3, lif)
    for size in (0, -1, 2.5, True, "3"):
        with pytest.raises(DescriptionError, match="number of neurons"):
            net.population("b", size, lif)  # pyright: ignore[reportArgumentType]
    with pytest.raises(DescriptionError, match="is no neuron"):
        net.population("b", 3, "lif")  # pyright: ignore[reportArgumentType]
    with pytest.raises(DescriptionError, match=r"b\.tau_mem .*\(2,\).*\(3,\)"):
        net.population("b", 3, gp.neuron("lif", tau_mem=[10.0, 20.0]))


def test_what_cannot_be_connected_is_refused() -> None:
    net = gp.Network("n")
    a = net.population("a", 2, gp.spikes())
    out = net.population("out", 2, gp.neuron("li"))
    with pytest.raises(DescriptionError, match="never spikes"):
        net.connect(out, out, EXP, weight=1.0)
    with pytest.raises(DescriptionError, match="is a source"):
        net.connect(a, a, EXP, weight=1.0)
    with pytest.raises(DescriptionError, match="did you mean 'out'"):
        net.connect(a, "outt", EXP, weight=1.0)
    stranger = gp.Network("m").population("out", 2, gp.neuron("li"))
    with pytest.raises(DescriptionError, match="no such population"):
        net.connect(a, stranger, EXP, weight=1.0)
    other = gp.Neuron("x", flow="du/dt = (J - u)/tau", inputs=("J",), parameters={"tau": 5 * ms})
    b = net.population("b", 2, other)
    with pytest.raises(DescriptionError, match="drives 'I', which is no input of 'b'"):
        net.connect(a, b, EXP, weight=1.0)
    with pytest.raises(DescriptionError, match="moves 'v', which is no state of 'b'"):
        net.connect(a, b, gp.synapse("delta"), weight=1.0)


def test_freezing_tells_every_fault_of_the_loss_at_once() -> None:
    net = Delays().build()
    loss = (
        gp.CrossEntropy(gp.integral("outt"))
        + gp.CrossEntropy(gp.integral("out", "u"))
        + gp.SpikeBudget("out", 3)
        + gp.SpikeBudget("inp", 3)
    )
    with pytest.raises(DescriptionError) as fault:
        net.freeze(loss)
    for message in ("did you mean 'out'", "state 'u'", "never spikes", "source of given spikes"):
        assert message in str(fault.value)
    assert str(fault.value).startswith("4 problems")
    net.freeze(gp.MeanSquare(gp.trace("out", "I")))


def test_an_empty_network_is_refused() -> None:
    with pytest.raises(DescriptionError, match="no population"):
        gp.Network("n").freeze()


def test_each_learned_parameter_gets_its_most_specific_optimiser() -> None:
    rates = {"default": 1, "weight": 2, "inp->hidden.weight": 3, "delay": 4, "tau_mem": 5}
    spec = replace(Delays(), tau=gp.learn(20 * ms), synapse_tau=gp.learn(5 * ms)).freeze(
        **{key: gp.Adam(rate) for key, rate in rates.items()}
    )
    found = {
        name: next(q.value for q in update.settings if q.name == "rate")
        for update in spec.updates
        for name in update.parameters
    }
    assert found == {
        "hidden.tau_mem": 5.0,
        "hidden.exp.tau": 1.0,
        "out.exp.tau": 1.0,
        "inp->hidden.weight": 3.0,
        "inp->hidden.delay": 4.0,
        "hidden->hidden.weight": 2.0,
        "hidden->out.weight": 2.0,
    }


def test_one_optimiser_serves_all_and_none_is_fine() -> None:
    (update,) = Delays().build().freeze(None, gp.Adam()).updates
    learned = [p.name for p in Delays().freeze().parameters() if p.learned]
    assert list(update.parameters) == learned
    assert Delays().build().freeze().updates == ()


def test_parameters_left_out_and_stray_entries_are_told_together() -> None:
    with pytest.raises(DescriptionError) as fault:
        Delays().freeze(delay=gp.Adam(), weigth=gp.Adam(), **{"hidden.tau_mem": gp.Adam()})
    text = str(fault.value)
    assert "did you mean 'weight'" in text
    assert "'hidden.tau_mem', which is not learned" in text
    for name in ("inp->hidden.weight", "hidden->hidden.weight", "hidden->out.weight"):
        assert f"{name} is learned but has no optimiser" in text
