"""A network inside a model of torch has exact gradients, and learns there what ``fit`` learns."""
# torch is in an extra of its own, and without types where it is not installed
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import genprop as gp
from genprop import ms

torch = pytest.importorskip("torch", reason="torch is in the extra 'torch'")

DOUBLE = gp.Native(precision="double")
READOUTS = {
    "maximum": lambda: gp.maximum("out", "v"),
    "integral": lambda: gp.integral("out", "v"),
    "final": lambda: gp.final("out", "v"),
}


def network(data: gp.data.Dataset, hidden: int = 8) -> gp.Network:
    net, exp = gp.Network("in_torch"), gp.synapse("exp", tau=5 * ms)
    net.population("input", data.channels, gp.spikes())
    tau = gp.learn(20 * ms, min=2 * ms)
    net.population("hidden", hidden, gp.neuron("LIF", tau_mem=tau))
    net.population("out", data.classes, gp.neuron("LI", tau_mem=20 * ms))
    delay = gp.learn(gp.uniform(1, 9), max=20)
    net.connect("input", "hidden", exp, weight=gp.learn(gp.normal(2.0, 0.8)), delay=delay)
    net.connect("hidden", "out", exp, weight=gp.learn(gp.normal(0.0, 0.5)))
    return net


def layer_of(data: gp.data.Dataset, readout: str, **options: Any) -> Any:
    settings: dict[str, Any] = dict(dt=1 * ms, duration=60 * ms, batch=50, backend=DOUBLE, seed=4)
    return gp.torch_layer(network(data), READOUTS[readout](), **(settings | options))


@pytest.mark.parametrize("readout", READOUTS)
def test_gradients_pass_torchs_gradcheck(readout: str) -> None:
    """On the exact clock, where y is a smooth function of all parameters between spike counts."""
    from genprop.interchange.torch_module import _Run

    data = gp.data.yin_yang(3, seed=1)
    layer, batch = layer_of(data, readout), next(iter(data.batches(3, seed=None)))
    values = [value.detach().clone().requires_grad_() for value in layer._values().values()]

    def y(*given: Any) -> Any:
        return _Run.apply(layer._sim, batch, layer.names, *given)

    assert any(layer.simulator.run(batch).spikes["hidden"].any(axis=1))
    assert torch.autograd.gradcheck(y, values, eps=1e-6, atol=1e-6, rtol=1e-5)


def test_a_gradient_that_is_off_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from genprop.interchange import torch_module

    data = gp.data.yin_yang(3, seed=1)
    layer, batch = layer_of(data, "integral"), next(iter(data.batches(3, seed=None)))
    values = [value.detach().clone().requires_grad_() for value in layer._values().values()]
    own = layer._sim.gradients

    def off(batch: Any) -> Any:
        value, found = own(batch)
        return value, {name: 1.01 * gradient for name, gradient in found.items()}

    monkeypatch.setattr(layer._sim, "gradients", off)
    with pytest.raises(Exception, match="Jacobian mismatch"):
        torch.autograd.gradcheck(
            lambda *v: torch_module._Run.apply(layer._sim, batch, layer.names, *v), values
        )


def test_yin_yang_learned_in_torch_is_that_of_fit() -> None:
    """Same first parameters, same batches, torch's own loss and Adam: the same curve."""
    train, epochs = gp.data.yin_yang(200, seed=1), 3
    rates = {"weight": 1e-2, "delay": 1e-1, "tau_mem": 1e-1}
    sim = gp.compile(
        network(train), loss=gp.CrossEntropy(gp.maximum("out", "v")),
        optimiser={name: gp.Adam(rate) for name, rate in rates.items()},
        dt=1 * ms, duration=60 * ms, batch=50, backend=DOUBLE, seed=4,
    )  # fmt: skip
    history = gp.fit(sim, train, epochs=epochs, seed=7, progress=False)

    layer = layer_of(train, "maximum")
    groups = [
        {"params": [value], "lr": rates[name.rsplit(".", 1)[1]]}
        for name, value in layer._values().items()
    ]
    optimiser = torch.optim.Adam(groups, betas=(0.9, 0.999), eps=1e-8)
    curve = []
    for epoch in range(1, epochs + 1):
        losses = []
        for batch in train.batches(50, seed=(7, epoch)):
            optimiser.zero_grad()
            loss = torch.nn.functional.cross_entropy(layer(batch), torch.from_numpy(batch.labels))
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        curve.append(np.mean(losses))
    assert np.allclose(curve, history["train.loss"], rtol=1e-6)
    assert history["train.loss"][-1] < history["train.loss"][0]
    for name, value in layer.simulator.parameters.items():
        assert np.allclose(value, sim.parameters[name], rtol=1e-5, atol=1e-8), name


def test_it_stands_inside_a_model_with_other_layers() -> None:
    data = gp.data.yin_yang(40, seed=1)
    layer = layer_of(data, "integral", backend="native", clock="grid")
    head = torch.nn.Linear(3, 3)
    optimiser = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=1e-2)
    batch = next(iter(data.batches(40, seed=None)))
    labels, losses = torch.from_numpy(batch.labels), []
    for _ in range(10):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(head(10 * layer(batch)), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert all(
        value.grad is not None and value.grad.abs().sum() > 0 for value in layer.parameters()
    )


def test_bounds_hold_whatever_an_optimiser_does() -> None:
    data = gp.data.yin_yang(5, seed=1)
    layer, batch = layer_of(data, "final"), next(iter(data.batches(5, seed=None)))
    with torch.no_grad():
        getattr(layer, "input->hidden__delay").add_(100.0)
        layer.hidden__tau_mem.sub_(100.0)
    layer(batch)
    assert layer.simulator.parameters["input->hidden.delay"].max() == 20.0
    assert layer.simulator.parameters["hidden.tau_mem"] == 2.0


def test_a_state_dict_brings_the_network_back() -> None:
    data = gp.data.yin_yang(5, seed=1)
    one, other = layer_of(data, "final"), layer_of(data, "final", seed=9)
    batch = next(iter(data.batches(5, seed=None)))
    assert not torch.equal(one(batch), other(batch))
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(batch), other(batch))


def test_parameters_that_changed_before_the_way_back_are_refused() -> None:
    data = gp.data.yin_yang(5, seed=1)
    layer, batch = layer_of(data, "final"), next(iter(data.batches(5, seed=None)))
    y = layer(batch).sum()
    with torch.no_grad():
        getattr(layer, "hidden->out__weight").add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_without_torch_the_line_to_install_it_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(gp.GenpropError, match=r"pip install 'genprop\[torch\]'"):
        layer_of(gp.data.yin_yang(5, seed=1), "final")
