"""The derived adjoint of the LIF is that of Wunderlich and Pehle (2021), symbol by symbol.

In their normalisation p_v = −τm λV and p_I = −τs λI; F is what the arrivals of the spike feed back.
"""

from __future__ import annotations

import pytest
import sympy

import genprop as gp
from genprop.adjoint.derive import derive
from genprop.adjoint.system import SEND, AdjointSystem
from genprop.equations.analyse import understand

V, CURRENT, P_V, P_I = sympy.symbols("v I p_v p_I", real=True)
TAU_MEM, THETA, V_RESET = sympy.symbols("tau_mem v_th v_reset", real=True)
LAMBDA_V, LAMBDA_I = sympy.symbols("lambda_v lambda_i", real=True)


def lif(refractory: float) -> AdjointSystem:
    net = gp.Network()
    net.population("inp", 1, gp.spikes())
    cell = gp.neuron(
        "LIF", tau_mem=gp.learn(20.0), v_th=gp.learn(1.0), v_reset=gp.learn(0.2), tau_ref=refractory
    )
    net.population("hidden", 1, cell)
    syn = gp.synapse("exp", tau=gp.learn(5.0))
    net.connect("inp", "hidden", syn, weight=gp.learn(gp.constant(1.0)))
    spec = net.freeze(gp.CrossEntropy(gp.final("hidden")))
    return derive(understand(spec), spec).populations["hidden"]


def tau_syn(adjoint: AdjointSystem) -> sympy.Symbol:
    return next(s for s, name in adjoint.system.parameters.items() if name == "hidden.exp.tau")


def same(adjoint: AdjointSystem, derived: sympy.Expr, published: sympy.Expr) -> bool:
    """Whether ``derived``, of p, is ``published``, of λ."""
    tau = tau_syn(adjoint)
    by_lambda = derived.subs({P_V: -TAU_MEM * LAMBDA_V, P_I: -tau * LAMBDA_I})
    return sympy.simplify(by_lambda - published) == 0


@pytest.fixture(params=[0.0, 3.0], ids=["free", "refractory"])
def adjoint(request: pytest.FixtureRequest) -> AdjointSystem:
    return lif(request.param)


def test_flow(adjoint: AdjointSystem) -> None:
    """τm λV' = −λV and τs λI' = −λI + λV, with ' = −d/dt."""
    tau = tau_syn(adjoint)
    assert same(adjoint, adjoint.flow[P_V] / -TAU_MEM, -LAMBDA_V / TAU_MEM)
    assert same(adjoint, adjoint.flow[P_I] / -tau, (LAMBDA_V - LAMBDA_I) / tau)


def test_jump_without_refractoriness() -> None:
    """λV⁻ = [(I − V_r) λV⁺ + F] / (I − θ); λI is continuous."""
    adjoint = lif(0.0)
    published = ((CURRENT - V_RESET) * LAMBDA_V + SEND) / (CURRENT - THETA)
    assert same(adjoint, adjoint.jump[P_V] / -TAU_MEM, published)
    assert same(adjoint, adjoint.jump[P_I] / -tau_syn(adjoint), LAMBDA_I)


def test_jump_with_refractoriness() -> None:
    """P = (I(t_r) − V(t_r)) λV(t_r⁺) is stored; λV⁻ = [P + F] / (I − θ)."""
    adjoint = lif(3.0)
    assert same(adjoint, adjoint.release, (CURRENT - V) * LAMBDA_V)
    assert same(adjoint, adjoint.jump[P_V] / -TAU_MEM, SEND / (CURRENT - THETA))
    assert same(adjoint, adjoint.jump[P_I] / -tau_syn(adjoint), LAMBDA_I)


def test_arrival(adjoint: AdjointSystem) -> None:
    """dL/dw = −τs λI and dL/dd = w (λV − λI)."""
    (receptor,) = adjoint.receptors
    assert same(adjoint, receptor.weight, -tau_syn(adjoint) * LAMBDA_I)
    assert same(adjoint, receptor.time, LAMBDA_V - LAMBDA_I)
    assert "arrived" not in {str(x) for x in receptor.time.free_symbols}


def test_threshold_and_reset() -> None:
    """dL/dθ = τm Σ λV⁻ and dL/dV_r = −τm Σ λV⁺."""
    adjoint = lif(0.0)
    after = ((CURRENT - V_RESET) * LAMBDA_V + SEND) / (CURRENT - THETA)
    assert same(adjoint, adjoint.parameter_jump[THETA], TAU_MEM * after)
    assert same(adjoint, adjoint.parameter_jump[V_RESET], -TAU_MEM * LAMBDA_V)


def test_time_constants(adjoint: AdjointSystem) -> None:
    """dL/dτm = ∫ λV V̇ dt and dL/dτs = ∫ λI İ dt; nothing for τm while held."""
    tau = tau_syn(adjoint)
    assert same(adjoint, adjoint.parameter_flow[TAU_MEM], LAMBDA_V * (CURRENT - V) / TAU_MEM)
    assert same(adjoint, adjoint.parameter_flow[tau], LAMBDA_I * -CURRENT / tau)
    if adjoint.system.held:
        assert TAU_MEM not in adjoint.parameter_held
        assert same(adjoint, adjoint.parameter_held[tau], LAMBDA_I * -CURRENT / tau)
