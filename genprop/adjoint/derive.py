"""The adjoint of the whole network: each population's, and the loss's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.flow import adjoint_flow
from genprop.adjoint.jump import guard_state, spike_adjoint
from genprop.adjoint.loss import derive_loss
from genprop.adjoint.losses import loss_function
from genprop.adjoint.parameters import parameter_flow
from genprop.adjoint.readouts import observation
from genprop.adjoint.sender import derive_sender
from genprop.adjoint.synapse import arrival_adjoint
from genprop.adjoint.system import AdjointNetwork, AdjointSystem, adjoint_symbol
from genprop.equations.algebra import simplified

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec
    from genprop.equations.system import HybridNetwork, HybridSystem

__all__ = ["derive", "derive_population"]


def derive(network: HybridNetwork, spec: NetworkSpec) -> AdjointNetwork:
    """Flow, jump and gradients of λ for every population, and ∂L/∂y for every loss term."""
    return AdjointNetwork(
        {name: derive_population(system) for name, system in network.populations.items()},
        tuple(
            derive_loss(
                term.coefficient,
                observation(term.readout, network),
                loss_function(term),
            )
            for term in spec.loss
        ),
        {name: derive_sender(sender) for name, sender in network.senders.items()},
    )


def derive_population(system: HybridSystem) -> AdjointSystem:
    """The adjoint of one hybrid system (maths: the hybrid-system form)."""
    adjoints = {x: adjoint_symbol(x) for x in system.states}
    zero = {q: sympy.S.Zero for q in adjoints.values()}
    spike = spike_adjoint(system, adjoints) if system.guard is not None else None
    moved = {x for receptor in system.receptors for x in receptor.arrival}
    return AdjointSystem(
        system=system,
        adjoints=adjoints,
        flow=adjoint_flow(system.states, system.flow, adjoints),
        held_flow=adjoint_flow(system.states, system.held_flow, adjoints),
        transfer=spike.transfer if spike else zero,
        guard_gradient=spike.guard_gradient if spike else zero,
        cost=spike.cost if spike else sympy.S.Zero,
        rate=spike.rate if spike else sympy.S.One,
        jump=spike.jump if spike else zero,
        induced=system.guard is not None and bool(moved & system.guard.free_symbols),
        induced_cost=spike.induced_cost if spike else sympy.S.Zero,
        release=spike.release if spike else sympy.S.Zero,
        receptors=tuple(
            arrival_adjoint(system, receptor, adjoints) for receptor in system.receptors
        ),
        parameter_flow=parameter_flow(system, system.flow, adjoints),
        parameter_held=parameter_flow(system, system.held_flow, adjoints),
        parameter_jump=spike.parameter_jump if spike else {},
        parameter_induced=spike.parameter_induced if spike else {},
        parameter_release=spike.parameter_release if spike else {},
        count=_count_jump(system) if spike else {},
    )


def _count_jump(system: HybridSystem) -> dict[sympy.Symbol, sympy.Expr]:
    """λ_V −= c for the guard's state: p_V += c/(∂f_V/∂I), or c where I does not enter so."""
    state, _ = guard_state(system)
    flow = system.flow[state]
    driving = set().union(*(d.free_symbols for d in system.drive.values()))
    for receptor in sorted(driving & set(system.states), key=str):
        gain = simplified(sympy.diff(flow, receptor))
        if gain != 0 and not gain.free_symbols & set(system.states):
            return {adjoint_symbol(state): 1 / gain}
    return {adjoint_symbol(state): sympy.S.One}
