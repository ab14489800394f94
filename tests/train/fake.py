"""A simulator small enough to reason about: softmax regression on spike counts, with momentum.

A "hidden" population of threshold units spikes but does not take part in the scores, so that tests
can ask what is silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from genprop.data import Dataset, SpikeBatch
from genprop.describe.initial import constant
from genprop.describe.spec import (
    Equation,
    NetworkSpec,
    NeuronSpec,
    ParameterSpec,
    PatternSpec,
    PopulationSpec,
    ProjectionSpec,
)
from genprop.describe.topology import initial_topology
from genprop.errors import CheckpointError


@dataclass(frozen=True)
class FakeResult:
    loss: float
    scores: np.ndarray | None
    spikes: dict[str, np.ndarray]
    terms: dict[str, float] = field(default_factory=dict[str, float])


class Parameters(MutableMapping[str, np.ndarray]):
    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays

    def __getitem__(self, key: str) -> np.ndarray:
        return self.arrays[key]

    def __setitem__(self, key: str, value: np.ndarray) -> None:
        self.arrays[key] = np.array(value, self.arrays[key].dtype)

    def __delitem__(self, key: str) -> None:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)


W, H = "input->out.weight", "input->hidden.weight"


class FakeSimulator:
    """Trainable; ``digest`` follows from the sizes and the rate."""

    def __init__(
        self, channels: int = 6, classes: int = 3, batch: int = 8, rate: float = 0.05, seed: int = 0
    ) -> None:
        rng = np.random.default_rng(seed)
        self.batch, self.dt, self.duration = batch, 1.0, 20.0
        self.spec = network(channels, classes, rate)
        self.parameters = Parameters(
            {
                W: rng.normal(0, 0.1, (channels, classes)).astype(np.float32),
                H: np.tile(np.array([1.0, 0.5, 0.0]), (channels, 1)),
            }
        )
        self.topology = initial_topology(self.spec)
        self.moments = {name: np.zeros_like(value) for name, value in self.parameters.items()}
        self.settings = {name: {"rate": rate, "momentum": 0.9} for name in self.parameters}
        self.updates = 0
        self.last = FakeResult(0.0, None, {})
        self.seen: list[int] = []
        self.poison_at = -1
        self._gradients: dict[str, np.ndarray] = {}

    def gradients(self, batch: SpikeBatch, /) -> tuple[float, dict[str, np.ndarray]]:
        self.last = self.run(batch)
        self.seen.append(len(batch))
        counts, scores = counts_of(batch), self.last.scores
        assert scores is not None and batch.labels is not None
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(batch)), batch.labels] -= 1
        grad = (counts.T @ p / len(batch)).astype(np.float32)
        if self.updates == self.poison_at:
            grad[0, 0] = np.nan
        self._gradients = {W: grad, H: np.zeros_like(self.parameters[H])}
        return self.last.loss, self._gradients

    def step(self, gradients: dict[str, np.ndarray] | None = None) -> None:
        for name, grad in (gradients or self._gradients).items():
            settings = self.settings[name]
            self.moments[name] = settings["momentum"] * self.moments[name] + grad
            with np.errstate(over="ignore", invalid="ignore"):
                step = settings["rate"] * self.moments[name]
                self.parameters[name] = self.parameters[name] - step
        self.updates += 1

    def run(self, batch: SpikeBatch, /, record: Sequence[str] = ()) -> FakeResult:
        counts = counts_of(batch)
        scores = counts @ self.parameters[W]
        top = scores.max(axis=1, keepdims=True)
        log_sum = top[:, 0] + np.log(np.exp(scores - top).sum(axis=1))
        assert batch.labels is not None
        loss = float(np.mean(log_sum - scores[np.arange(len(batch)), batch.labels]))
        hidden = (counts @ self.parameters[H]).astype(np.int32)
        return FakeResult(loss, scores, {"hidden": hidden})

    def state(self) -> dict[str, np.ndarray]:
        return (
            {f"parameter/{k}": v.copy() for k, v in self.parameters.items()}
            | {f"optimiser/{k}/m": v.copy() for k, v in self.moments.items()}
            | {"counters/updates": np.array(self.updates)}
        )

    def restore(self, state: Mapping[str, np.ndarray], /) -> None:
        if missing := self.state().keys() - state.keys():
            raise CheckpointError(f"the state lacks {', '.join(sorted(missing))}")
        for name in self.parameters:
            self.parameters[name] = state[f"parameter/{name}"]
            self.moments[name] = state[f"optimiser/{name}/m"].copy()
        self.updates = int(state["counters/updates"])


def counts_of(batch: SpikeBatch) -> np.ndarray:
    """(batch, channels) spike counts."""
    own = np.repeat(np.arange(len(batch)), np.diff(batch.start))
    flat = np.bincount(own * batch.channels_total + batch.channels, minlength=0)
    whole = np.zeros(len(batch) * batch.channels_total)
    whole[: len(flat)] = flat
    return whole.reshape(len(batch), batch.channels_total)


def network(channels: int, classes: int, rate: float) -> NetworkSpec:
    dense = PatternSpec("dense", np.zeros(0, np.int64), np.zeros(0, np.int32))
    nothing = constant(0.0)

    def projection(post: str, size: int) -> ProjectionSpec:
        name = f"input->{post}"
        weight = ParameterSpec(
            f"{name}.weight", "weight", "weight", (channels, size), nothing, learned=True
        )
        return ProjectionSpec(name, "input", post, "exp", dense, weight, None, 0.0)

    unit = NeuronSpec("unit", (), Equation("spike", "v > 1"), (), (), (), ())
    readout = NeuronSpec("sum", (), None, (), (), (), ())
    return NetworkSpec(
        f"fake-{rate}",
        (
            PopulationSpec("input", channels, None),
            PopulationSpec("hidden", 3, unit),
            PopulationSpec("out", classes, readout),
        ),
        (projection("hidden", 3), projection("out", classes)),
    )


def counts_task(samples: int = 45, seed: int = 0, channels: int = 6, classes: int = 3) -> Dataset:
    """Class k is more active in channels k and k + classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, samples)
    events: list[tuple[np.ndarray, np.ndarray]] = []
    for label in labels:
        rates = np.where(np.arange(channels) % classes == label, 1.5, 0.7)
        lines = np.repeat(np.arange(channels), rng.poisson(rates))
        events.append((rng.uniform(0, 20.0, len(lines)), lines))
    speakers = np.arange(samples) % 3
    batch = SpikeBatch.from_events(events, channels=channels, duration=20.0, labels=labels)
    return Dataset(batch, classes, "counts", speakers=speakers)


def equal_states(a: Mapping[str, np.ndarray], b: Mapping[str, np.ndarray]) -> bool:
    """Whether two states are the same bit by bit."""
    return a.keys() == b.keys() and all(
        a[k].dtype == b[k].dtype and a[k].tobytes() == b[k].tobytes() for k in a
    )


ROOT = Path(__file__).resolve().parents[2]
