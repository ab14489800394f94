"""From the description to hybrid systems: names resolved, receptors joined to their neuron."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import sympy

from genprop.describe.text import CLOCK
from genprop.equations.algebra import simplest, substitute
from genprop.equations.dimensions import check
from genprop.equations.grammar import parse_expression, parse_guard
from genprop.equations.sender import sender_systems
from genprop.equations.syntax import fault
from genprop.equations.system import TIME, HybridNetwork, HybridSystem, Receptor
from genprop.errors import DescriptionError, GenpropError, refuse_if

if TYPE_CHECKING:
    from genprop.describe.spec import (
        Equation,
        NetworkSpec,
        NeuronSpec,
        ParameterSpec,
        PopulationSpec,
        QuantitySpec,
        ReceptorSpec,
    )

__all__ = ["understand"]

Names = Mapping[str, sympy.Symbol]


def understand(spec: NetworkSpec) -> HybridNetwork:
    """The hybrid system of every population that has a neuron model.

    Raises:
        DescriptionError: every unknown name, unit that disagrees and arrival that is not a jump by
            a multiple of the weight, all at once.
    """
    findings: list[GenpropError] = []
    for population in spec.populations:
        if population.neuron is not None:
            findings += check(population.neuron)
        for receptor in population.receptors:
            findings += check(receptor.synapse, population.neuron)
    for projection in spec.projections:
        if projection.sender:
            findings += check(projection.sender, spec.population(projection.post).neuron)
    refuse_if(dict.fromkeys(findings))
    return HybridNetwork(
        {p.name: _system(p) for p in spec.populations if p.neuron is not None},
        sender_systems(spec),
    )


def _system(population: PopulationSpec) -> HybridSystem:
    neuron = population.neuron
    assert neuron is not None
    cell = _symbols((*neuron.states, *neuron.parameters))
    inputs: dict[str, sympy.Symbol] = {
        i.name: sympy.Dummy(i.name, real=True) for i in neuron.inputs
    }
    receptors = [_Synapse(r, cell) for r in population.receptors]
    _refuse_shadowing(population, cell, receptors)
    drive = {name: sympy.Add(*(r.output for r in receptors if r.input == name)) for name in inputs}
    resolve = {symbol: drive[name] for name, symbol in inputs.items()}
    scope = {**cell, **inputs, CLOCK: TIME}

    def driven(expression: sympy.Expr) -> sympy.Expr:
        return substitute(expression, resolve)

    flow = {cell[e.target]: driven(parse_expression(e, scope)) for e in neuron.flow}
    states = tuple(cell[s.name] for s in neuron.states)
    initial = {cell[s.name]: sympy.Float(s.value) for s in neuron.states}
    for receptor in receptors:
        flow |= receptor.flow
        states += receptor.states
        initial |= receptor.initial
    guard = driven(parse_guard(neuron.spike, scope)) if neuron.spike else None
    if neuron.spike and guard is not None and guard.has(sympy.zoo, sympy.nan, sympy.oo):
        _refuse_infinite_guard(neuron.spike, [name for name, total in drive.items() if total == 0])
    reset = {cell[e.target]: driven(parse_expression(e, scope)) for e in neuron.reset}
    if any(e.has(TIME) for e in (*flow.values(), *reset.values(), guard) if e is not None):
        _refuse_second_time(population, states)
        flow, initial = flow | {TIME: sympy.S.One}, initial | {TIME: sympy.S.Zero}
        states += (TIME,)
    refractory = _refractory(population, neuron, cell)
    return HybridSystem(
        population=population.name,
        states=states,
        flow=flow,
        initial=initial,
        guard=guard,
        reset=reset,
        receptors=tuple(r.receptor for r in receptors),
        parameters={cell[p.key]: p.name for p in population.parameters}
        | {s: name for r in receptors for s, name in r.parameters.items()},
        drive=drive,
        held=tuple(cell[name] for name in neuron.held) if refractory is not None else (),
        refractory=refractory,
    )


class _Synapse:
    """A receptor's synapse in the names of its population: its suffix at states and parameters."""

    def __init__(self, spec: ReceptorSpec, cell: Names) -> None:
        synapse = spec.synapse
        own = {s.name: sympy.Symbol(s.name + spec.suffix, real=True) for s in synapse.states}
        constants = {
            p.key: sympy.Symbol(f"{p.key}_{spec.name}", real=True) for p in spec.parameters
        }
        scope = {**cell, **own, **constants, CLOCK: TIME}
        weight = sympy.Symbol("w", real=True)
        self.states = tuple(own.values())
        self.flow = {own[e.target]: parse_expression(e, scope) for e in synapse.flow}
        self.initial = {own[s.name]: sympy.Float(s.value) for s in synapse.states}
        self.output = parse_expression(synapse.output, scope) if synapse.output else sympy.S.Zero
        self.input = synapse.input
        self.parameters = {constants[p.key]: p.name for p in spec.parameters}
        arrival: dict[sympy.Symbol, sympy.Expr] = {}
        for equation in synapse.arrival:
            target = scope[equation.target]
            jump = sympy.expand(parse_expression(equation, {**scope, "w": weight}) - target)
            unit = simplest(sympy.diff(jump, weight))
            foreign = unit.free_symbols - set(constants.values())
            if read := sorted(x.name for x in jump.free_symbols & ({*own.values()} - {target})):
                raise _plastic(synapse.name, f"{equation.target} = {equation.text}", read)
            if sympy.expand(jump - unit * weight) != 0 or foreign:
                raise DescriptionError(
                    "an arrival must add a multiple of the weight: "
                    f"{equation.target} = {equation.text}",
                    where=f"synapse {synapse.name}",
                    remedy=f"write {equation.target} = {equation.target} + w",
                )
            parameters = unit.free_symbols
            if taught := [
                p for p in spec.parameters if p.learned and constants[p.key] in parameters
            ]:
                raise DescriptionError(
                    f"{taught[0].name} only scales weights, so it cannot be learned beside them",
                    where=f"synapse {synapse.name}",
                    remedy="learn the weights, and give this parameter a fixed value",
                )
            arrival[target] = unit
        self.receptor = Receptor(spec.name, arrival)


def _plastic(synapse: str, equation: str, read: list[str]) -> DescriptionError:
    """Short-term plasticity, whose states belong to the sender."""
    return DescriptionError(
        f"the arrival {equation} depends on {', '.join(read)}: a receptor has them once for all "
        "that arrives there, and short-term plasticity needs them once per sending neuron",
        where=f"synapse {synapse}",
        remedy="let arrivals add a multiple of w, as I = I + w, and keep these states on the "
        "sender's side: sender_flow=…, sender_spike='…; value = u*x; …', as in "
        "gp.synapse('tsodyks_markram')",
    )


def _symbols(quantities: tuple[QuantitySpec, ...]) -> dict[str, sympy.Symbol]:
    return {q.name: sympy.Symbol(q.name, real=True) for q in quantities}


def _refuse_shadowing(population: PopulationSpec, cell: Names, receptors: list[_Synapse]) -> None:
    taken = {s.name for s in cell.values()}
    for spec, receptor in zip(population.receptors, receptors, strict=True):
        names = {s.name for s in (*receptor.states, *receptor.parameters)}
        if clash := sorted(taken & names):
            raise DescriptionError(
                f"receptor {spec.name!r} and the neuron both have {', '.join(clash)}",
                where=f"population {population.name}",
                remedy="give the synapse another name: gp.synapse(…, name=…)",
            )
        taken |= names


def _refuse_infinite_guard(spike: Equation, silent: Sequence[str]) -> None:
    """A threshold that divides by what is always 0, as by an input at which nothing arrives."""
    why = f", as at {' and '.join(silent)} nothing arrives" if silent else ""
    raise fault(
        f"the condition of a spike has no value{why}",
        spike,
        0,
        "divide by what is not 0 all the time, or connect something there",
    )


def _refuse_second_time(population: PopulationSpec, states: tuple[sympy.Symbol, ...]) -> None:
    """The time t is a state of the population, called as nothing else may be."""
    names = {s.name for s in states} | {p.key for p in population.parameters}
    if TIME.name in names:
        raise DescriptionError(
            f"its equations read t, which is kept as {TIME.name!r}, and have another {TIME.name!r}",
            where=f"population {population.name}",
            remedy=f"rename {TIME.name!r} in the model",
        )


def _refractory(population: PopulationSpec, neuron: NeuronSpec, cell: Names) -> sympy.Symbol | None:
    if not neuron.refractory or neuron.spike is None:
        return None
    parameter = next(p for p in population.parameters if p.key == neuron.refractory)
    return cell[neuron.refractory] if _may_be_positive(parameter) else None


def _may_be_positive(parameter: ParameterSpec) -> bool:
    sample = parameter.initial.sample(np.random.default_rng(0), parameter.shape)
    return parameter.learned or bool(np.any(sample > 0))
