"""What stages give devices to print is what they compute themselves, forward and backward."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.numerics.evaluate import evaluate
from genprop.stages.expressed import derivations
from tests.stages.expressed import CASES, network
from tests.stages.staged import Signed
from tests.stages.staged import network as staged

if TYPE_CHECKING:
    from genprop.describe.topology import Synapses
    from genprop.lower.derivation import Derivation
    from genprop.stages.base import Arrays

DERIVED = {
    "distance": {"in->hidden.delay", "hidden->hidden.delay"},
    "sparse": {"in->hidden.delay", "hidden->hidden.delay"},
    "short": {"in->hidden.delay", "hidden->hidden.delay"},
    "neuronal": {"in->hidden.delay", "hidden->hidden.delay"},
    "dale": {"hidden->hidden.delay", "hidden->hidden.weight"},
    "signed": {"hidden->hidden.weight"},
    "formula": {"in->hidden.weight", "hidden->hidden.delay"},
    "penalised": {"in->hidden.delay", "hidden->hidden.delay"},
}


def read(d: Derivation, values: Arrays, synapses: Synapses) -> Arrays:
    """Operands and lines of a derivation, as they broadcast over the synapses."""
    found: Arrays = {}
    for o in d.operands:
        own = np.asarray(values[o.of], float)
        own = own if o.component < 0 else own[..., o.component]
        at = {"pre": synapses.of_pre, "post": synapses.of_post}.get(o.at)
        found[o.local] = own if at is None else at(own)
    for line in d.lines:
        found[line.target] = evaluate(line.value, found)
    return found


@pytest.mark.parametrize("case", CASES)
@np.errstate(divide="ignore", invalid="ignore")  # of slopes that are not chosen
def test_an_expression_is_its_stage(case: str) -> None:
    sim = network(case, "reference")
    assert {d.target for d in sim.program.derivations} == DERIVED[case]
    values = {name: np.array(x, float) for name, x in sim.parameters.items()}
    rng = np.random.default_rng(0)
    for stage in sim.stages.all:
        d = stage.expression(sim.spec)
        if d is None:
            continue
        synapses = sim.topology[d.projection]
        values |= stage.constants(sim.topology)
        operands = read(d, values, synapses)
        made = np.broadcast_to(evaluate(d.formula.value, operands), synapses.shape)
        due = stage.forward(values, sim.topology)[d.target]
        np.testing.assert_allclose(made, due, rtol=1e-12, atol=1e-12)
        slope = rng.normal(size=synapses.shape)
        back = stage.backward(values, {d.target: slope}, sim.topology)
        found: Arrays = {}
        for o in d.learned:
            own = slope * evaluate(dict(d.formula.derivatives)[o.local], operands)
            sums = {"pre": synapses.sum_pre, "post": synapses.sum_post, "one": np.sum}
            part = sums[o.at](own) if o.at in sums else own
            total = found.setdefault(o.of, np.zeros(np.shape(values[o.of])))
            place = total if o.component < 0 else total[..., o.component]
            place += part
        learned = {leaf.name for leaf in sim.spec.leaves if leaf.learned}
        assert set(found) == set(back) & learned
        for name, gradient in found.items():
            np.testing.assert_allclose(gradient, back[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_what_is_no_expression_of_leaves_stays_on_the_host() -> None:
    """A class of a user's own, another projection's weight, and what is made of what is derived."""
    sim = staged([Signed("in->hidden")], backend="reference", dt=1.0)
    assert sim.program.derivations == () and sim.spec.derived == ("in->hidden.weight",)
    pace = gp.leaf("hidden.pace", (), gp.learn(1.0))
    double = gp.derived("in->hidden.weight", "2 * w", {"w": "in->hidden.w"}, [
        gp.leaf("in->hidden.w", (6, 5), gp.learn(gp.uniform(0, 1)))
    ])  # fmt: skip
    more = gp.derived(
        "hidden->out.weight", "pace * w", {"w": "in->hidden.weight", "pace": "hidden.pace at one"},
        [pace],
    )  # fmt: skip
    neuron = gp.derived("hidden.tau_mem", "10 + pace**2", {"pace": "hidden.pace at one"})
    assert more.expression(sim.spec) is None
    assert neuron.expression(sim.spec) is None
    assert derivations([double, neuron], sim.spec) == ()  # its leaf is not of this network
