"""Small tasks are learned, by delays alone or with weights, in the time that is promised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.train.history import read_history

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"


def experiment(name: str, *overrides: str) -> tuple[gp.Experiment, gp.experiment.Config]:
    config = gp.experiment.read_config(EXPERIMENTS / name / "train.toml", overrides)
    return gp.experiment.load_experiment(config), config


@pytest.mark.parametrize("positions", ["false", "true"], ids=["delays", "positions"])
@pytest.mark.parametrize("lag", [10.0, 15.0, 20.0, 25.0])
def test_a_delay_line_learns_from_the_worst_delays_in_twelve_presentations(
    lag: float, positions: str, tmp_path: Path
) -> None:
    chosen = f"options.lag={lag}", f"options.positions={positions}"
    _, config = experiment("delay_line", *chosen)
    assert config.epochs == 12  # of one batch that holds each order once
    gp.experiment.train_run(config, tmp_path / "run", threads=1, progress=False)
    shown = read_history(tmp_path / "run" / "history.jsonl")
    accuracy = [record.metrics["valid.accuracy"] for record in shown]
    assert shown[0].metrics["train.accuracy"] == 0.0, "the first delays answer to the other class"
    assert accuracy[-1] == 1.0


@pytest.mark.parametrize("positions", [False, True], ids=["delays", "positions"])
def test_a_delay_line_needs_a_presentation_for_every_five_ms_wherever_its_spikes_lie(
    *, positions: bool
) -> None:
    """Lags and onsets as they are drawn, which the grid rounds one way or the other.

    From the worst delays on, where the two spikes of the wrong class coincide and the gradient is
    all but 0: Adam takes its direction alone.
    """
    made, config = experiment("delay_line", f"options.positions={str(positions).lower()}")
    assert made.net is not None
    sim = gp.compile(
        made.net,
        loss=made.loss,
        optimiser=made.optimiser,
        dt=float(str(config.compile["dt"])),
        duration=100.0,
        batch=2,
        clock="grid",
        backend=gp.Native(threads=1),
    )
    start = sim.state()
    for draw in range(12):
        rng = np.random.default_rng(draw)
        lag, onset = rng.uniform(9.0, 26.0), rng.uniform(5.0, 6.0)
        sim.restore(start)
        worst = {n: np.where(a == 20.0, lag, a) for n, a in sim.parameters.items()}  # its lag
        sim.parameters.update(worst)
        data = gp.data.delay_line(2, lag=lag, onset=onset, duration=100.0)
        (batch,) = data.batches(2)
        right: list[float | None] = []
        for _ in range(12):
            sim.gradients(batch)
            sim.step()
            right.append(gp.evaluate(sim, data).accuracy)
        needed = max((k + 1 for k, accuracy in enumerate(right) if accuracy != 1.0), default=0) + 1
        assert needed <= np.ceil(lag / 5.0), f"draw {draw}, lag {lag:.2f} ms"


def xor_by_delays(seed: int) -> tuple[gp.data.Dataset, gp.Simulator]:
    """Eight LIF neurons with fixed weights: four excite output 0, four output 1."""
    data = gp.data.xor(4)
    net = gp.Network("xor_by_delays")
    source = net.population("input", 3, gp.spikes())
    cells = net.population("hidden", 8, gp.neuron("LIF", tau_mem=10 * ms))
    out = net.population("out", 2, gp.neuron("LI", tau_mem=10 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    early = gp.learn(gp.uniform(0 * ms, 12 * ms), min=0 * ms, max=25 * ms)
    late = gp.learn(gp.uniform(0 * ms, 5 * ms), min=0 * ms, max=25 * ms)
    owner = np.arange(8)[:, None] % 2 == np.arange(2)[None, :]
    net.connect(source, cells, exp, weight=2.6, delay=early)
    net.connect(cells, out, exp, weight=gp.values(np.where(owner, 2.0, 0.0)), delay=late)
    sim = gp.compile(
        net,
        loss=gp.CrossEntropy(gp.maximum(out, "v")),
        optimiser=gp.Adam(0.5),
        clock="grid",
        dt=0.2 * ms,
        duration=60 * ms,
        batch=4,
        backend=gp.Native(threads=1),
        seed=seed,
    )
    return data, sim


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_exclusive_or_is_learned_by_delays_alone(seed: int) -> None:
    data, sim = xor_by_delays(seed)
    (batch,) = data.batches(4)
    before = gp.evaluate(sim, data).accuracy
    for _ in range(100):
        sim.gradients(batch)
        sim.step()
        if gp.evaluate(sim, data).accuracy == 1.0:
            break
    assert before is not None
    assert before < 1.0
    assert gp.evaluate(sim, data).accuracy == 1.0
    assert all(p.role == "delay" for p in sim.spec.parameters() if p.learned)


def test_thirty_neurons_learn_yin_yang_in_seconds() -> None:
    made, config = experiment("yin_yang")
    sim = gp.compile(
        made.net or pytest.fail("the experiment has no network"),
        loss=made.loss,
        optimiser=made.optimiser,
        clock="grid",
        dt=0.5 * ms,
        duration=60 * ms,
        batch=50,
        seed=config.seed,
    )
    gp.fit(sim, made.train, epochs=5, progress=False)
    accuracy = gp.evaluate(sim, made.test or made.train).accuracy
    assert accuracy is not None
    assert accuracy >= 0.9
