"""Reading one model file (TOML) into a specification; errors name the file.

::

    doc  = "What it is."                     # every file, state, input and parameter has a doc
    cite = "Who and where, with DOI"
    flow = "dv/dt = (I - v)/tau_mem"         # neurons: also spike, reset, refractory, held, send
    [states.v]                               # value (at t = 0, default 0), unit, doc
    [inputs.I]                               # unit, doc
    [parameters.tau_mem]                     # value, unit, min, max, doc

Synapses have ``flow``, ``arrival``, ``output`` and ``input``, and for states on the sender's side
``sender_flow`` and ``sender_spike``; updates have ``equations``, ``[states]`` and ``[settings]``.
"""

from __future__ import annotations

import contextlib
import math
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar, cast

from genprop._reading import reading
from genprop.describe.check import check_neuron, check_synapse, check_update
from genprop.describe.model import refuse_clashes
from genprop.describe.sender import sender_of
from genprop.describe.spec import Equation, NeuronSpec, QuantitySpec, SynapseSpec, UpdateSpec
from genprop.describe.text import assignments, derivatives, guard, right_side
from genprop.errors import DescriptionError, GenpropError, did_you_mean, refuse_if
from genprop.units import Quantity, parse_unit

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

__all__ = ["ModelFile", "read_neuron", "read_synapse", "read_table", "read_update"]

Spec = TypeVar("Spec", NeuronSpec, SynapseSpec, UpdateSpec)
Table = Mapping[str, object]

_PROSE = ("doc", "cite")
_NEURON = (
    *("flow", "spike", "reset", "refractory", "held", "send"),
    *("states", "inputs", "parameters"),
)
_SYNAPSE = (
    *("flow", "arrival", "output", "input", "sender_flow", "sender_spike"),
    *("states", "parameters"),
)
_UPDATE = ("equations", "states", "settings")
_QUANTITY = ("value", "unit", "min", "max", "doc")


@dataclass(frozen=True, slots=True)
class ModelFile(Generic[Spec]):
    """A model as its file gives it; ``units`` are those in which numbers are taken."""

    spec: Spec
    units: Mapping[str, Quantity]


def read_neuron(path: Path) -> ModelFile[NeuronSpec]:
    """The neuron of a file.

    Raises:
        DescriptionError: for unknown keys, missing docs, bad units or equations.
    """
    reader = _Reader.of(path, _NEURON)
    flow = reader.equations("flow", derivatives)
    spike = reader.text("spike")
    found_guard = guard(spike, reader.place("spike"))
    spec = NeuronSpec(
        name=path.stem.lower(),
        flow=flow,
        spike=None if found_guard is None else reader.placed("spike", found_guard),
        reset=reader.equations("reset", assignments),
        states=reader.states(flow),
        parameters=reader.quantities("parameters"),
        inputs=reader.quantities("inputs"),
        refractory=reader.text("refractory"),
        held=reader.names("held"),
        doc=reader.text("doc"),
        cite=reader.text("cite"),
        source=reader.source,
        send=reader.equations("send", assignments),
    )
    reader.finish(*spec.states, *spec.parameters, *spec.inputs)
    check_neuron(spec)
    return ModelFile(spec, reader.units)


def read_synapse(path: Path) -> ModelFile[SynapseSpec]:
    """The synapse of a file; raises like :func:`read_neuron`."""
    reader = _Reader.of(path, _SYNAPSE)
    flow = reader.equations("flow", derivatives)
    sent = reader.equations("sender_flow", derivatives)
    states, parameters = reader.states((*flow, *sent)), reader.quantities("parameters")
    own = {e.target for e in flow}
    target = reader.text("input")
    output = right_side(target, reader.text("output"), reader.place("output"))
    spec = SynapseSpec(
        name=path.stem.lower(),
        flow=flow,
        arrival=reader.equations("arrival", assignments),
        output=None if output is None else reader.placed("output", output),
        input=target,
        states=tuple(q for q in states if q.name in own),
        parameters=parameters,
        doc=reader.text("doc"),
        cite=reader.text("cite"),
        source=reader.source,
        sender=sender_of(sent, reader.equations("sender_spike", assignments), states, parameters),
    )
    reader.finish(*states, *spec.parameters)
    check_synapse(spec)
    return ModelFile(spec, reader.units)


def read_update(path: Path) -> ModelFile[UpdateSpec]:
    """The optimiser of a file; raises like :func:`read_neuron`."""
    reader = _Reader.of(path, _UPDATE)
    spec = UpdateSpec(
        name=path.stem.lower(),
        equations=reader.equations("equations", assignments),
        states=reader.quantities("states"),
        settings=reader.quantities("settings"),
        parameters=(),
        doc=reader.text("doc"),
        cite=reader.text("cite"),
        source=reader.source,
    )
    reader.finish(*spec.states, *spec.settings)
    check_update(spec)
    return ModelFile(spec, reader.units)


def read_table(path: Path) -> Table:
    """A TOML file as a table.

    Raises:
        DescriptionError: for a file that cannot be read or is no TOML.
    """
    with reading(path, "model file in TOML", DescriptionError, "compare it with another model's"):
        try:
            return cast("Table", tomllib.loads(path.read_text(encoding="utf-8-sig")))
        except tomllib.TOMLDecodeError as fault:
            raise DescriptionError(f"the file is no TOML: {fault}", where=str(path)) from None


@dataclass(slots=True)
class _Reader:
    """The tables of one file, and the faults found on the way."""

    source: str
    raw: str
    table: Table
    units: dict[str, Quantity]
    faults: list[GenpropError]

    @classmethod
    def of(cls, path: Path, keys: tuple[str, ...]) -> _Reader:
        table = read_table(path)
        source = f"{path.parent.name}/{path.name}"
        reader = cls(source, path.read_text(encoding="utf-8-sig"), table, {}, [])
        reader.refuse_unknown(table, (*_PROSE, *keys), source)
        if not reader.text("doc"):
            reader.fault("the model has no doc", source, 'say what it is: doc = "…"')
        refuse_if(reader.faults)
        return reader

    def fault(self, what: str, where: str, remedy: str = "") -> None:
        self.faults.append(DescriptionError(what, where=where, remedy=remedy))

    def refuse_unknown(self, table: Table, known: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in known:
                self.fault(f"unknown key {key!r}", where, did_you_mean(key, known))

    def text(self, key: str) -> str:
        found = self.table.get(key, "")
        if not isinstance(found, str):
            self.fault(f"{key} must be text", self.source)
            return ""
        return found

    def names(self, key: str) -> tuple[str, ...]:
        found = self.table.get(key, [])
        if not isinstance(found, list) or not all(isinstance(n, str) for n in found):
            self.fault(f"{key} must be a list of names", self.source, f'write {key} = ["v"]')
            return ()
        return tuple(cast("list[str]", found))

    def place(self, key: str) -> str:
        return f"{key} of {self.source}"

    def equations(
        self, key: str, cut: Callable[[str, str], tuple[Equation, ...]]
    ) -> tuple[Equation, ...]:
        return tuple(self.placed(key, e) for e in cut(self.text(key), self.place(key)))

    def placed(self, key: str, equation: Equation) -> Equation:
        """The equation with its line and column in the file."""
        match = re.search(rf'^{key}\s*=\s*("""\n?|"|\'\'\'\n?|\')', self.raw, re.MULTILINE)
        if match is None:
            return equation
        above = self.raw[: match.end()].count("\n")
        line_start = self.raw.rfind("\n", 0, match.end()) + 1
        indent = match.end() - line_start if equation.line == 1 else 0
        return replace(equation, line=equation.line + above, column=equation.column + indent)

    def states(self, flow: tuple[Equation, ...]) -> tuple[QuantitySpec, ...]:
        """The declared states in the order of their flow."""
        found = {q.name: q for q in self.quantities("states")}
        flows = [e.target for e in flow]
        for name in flows:
            if name not in found:
                self.fault(f"the state {name!r} is not declared", self.source, f"[states.{name}]")
        for name in found:
            if name not in flows:
                self.fault(f"the state {name!r} has no flow", self.source, f"write d{name}/dt = …")
        return tuple(found[name] for name in flows if name in found)

    def quantities(self, key: str) -> tuple[QuantitySpec, ...]:
        """The declared quantities of one table, in the order of the file."""
        tables = self.table.get(key, {})
        if not isinstance(tables, dict):
            self.fault(f"{key} must be a table", self.source, f"write [{key}.name]")
            return ()
        named = cast("dict[str, object]", tables)
        needs_value = key in ("parameters", "settings")
        return tuple(self.quantity(f"{key}.{n}", n, t, needs_value) for n, t in named.items())

    def quantity(self, where: str, name: str, table: object, needs_value: bool) -> QuantitySpec:
        place = f"{self.source} [{where}]"
        entry = cast("Table", table) if isinstance(table, dict) else {}
        self.refuse_unknown(entry, _QUANTITY, place)
        unit = self.unit(entry.get("unit", "1"), place)
        self.units[name] = unit
        doc = entry.get("doc", "")
        if not isinstance(doc, str) or not doc:
            self.fault(f"{name!r} has no doc", place, 'say what it is: doc = "…"')
        if needs_value and "value" not in entry:
            self.fault(f"{name!r} has no value", place, "value = …")

        def number(key: str) -> float | None:
            found = entry.get(key)
            if found is None:
                return None
            value = math.nan
            if isinstance(found, (int, float)) and not isinstance(found, bool):
                with contextlib.suppress(OverflowError):
                    value = float(found) * unit.value
            if not math.isfinite(value):
                self.fault(f"{key} of {name!r} must be a number, and finite", place)
                return None
            return value

        return QuantitySpec(
            name, number("value") or 0.0, unit.dimension, number("min"), number("max"), str(doc)
        )

    def unit(self, text: object, place: str) -> Quantity:
        try:
            return parse_unit(str(text))
        except GenpropError as fault:
            self.fault(fault.what, place, fault.remedy)
            return Quantity(1.0)

    def finish(self, *quantities: QuantitySpec) -> None:
        """Tell every fault, then refuse names that clash."""
        refuse_if(self.faults)
        refuse_clashes(self.source, [q.name for q in quantities])
