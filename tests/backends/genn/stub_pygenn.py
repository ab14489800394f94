"""A stub PyGeNN: takes the models of a rendered program and checks that they fit together.

It knows no arithmetic and compiles nothing. It knows GeNN's rules of names: code reads only what
its model declares, references meet variables of the type they expect, targets are inputs that
exist, and everything declared is given a value.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

__all__ = ["GeNNModel", "Model", "stub_pygenn"]

KEYWORDS = frozenset(
    [
        "if",
        "else",
        "for",
        "while",
        "do",
        "const",
        "int",
        "bool",
        "double",
        "scalar",
        "unsigned",
        "char",
        "true",
        "false",
        "fmin",
        "fmax",
        "fabs",
        "exp",
        "log",
        "sqrt",
        "sin",
        "cos",
        "tanh",
        "pow",
        "rint",
        "floor",
        "uint8_t",
        "uint16_t",
    ]
)
EVERYWHERE = frozenset(["t", "dt", "id", "batch", "num_batch", "num_neurons"])
SYNAPSE = frozenset(["addToPost", "addToPostDelay", "addToPre", "id_pre", "id_post", "id_syn"])
UPDATE = frozenset(["id_pre", "id_post", "num_pre", "num_post"])
_LITERAL = re.compile(r"\b\d+\.?\d*(e[-+]?\d+)?d?\b|//[^\n]*")
_DECLARED = re.compile(r"\b(?:int|bool|scalar|double)\s+(\w+)\s*=")


@dataclass
class Model:
    """One custom model: what it declares, by kind, and its code."""

    name: str
    params: list[str] = field(default_factory=list)
    vars: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, str] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    references: dict[str, dict[str, str]] = field(default_factory=dict)
    code: dict[str, str] = field(default_factory=dict)
    known: frozenset[str] = frozenset()

    def check(self) -> None:
        """Every name that the code reads is declared, in it or by the model."""
        own = {*self.params, *self.vars, *self.arrays, *self.inputs}
        for references in self.references.values():
            own |= set(references)
        assert len(own) == self.size, f"{self.name} declares a name twice"
        text = "\n".join(self.code.values())
        plain = _LITERAL.sub("", text)
        local = set(_DECLARED.findall(plain))
        assert not local & own, f"{self.name} declares {sorted(local & own)} again"
        read = set(re.findall(r"\b[A-Za-z_]\w*\b", plain))
        unknown = read - own - local - KEYWORDS - EVERYWHERE - self.known
        assert not unknown, f"{self.name} reads {sorted(unknown)}"
        assert "/=" not in plain, f"{self.name}: GeNNCode has no /="
        assert plain.count("{") == plain.count("}"), f"{self.name}: brackets"
        assert plain.count("(") == plain.count(")"), f"{self.name}: brackets"

    @property
    def size(self) -> int:
        kinds = [self.params, self.vars, self.arrays, self.inputs, *self.references.values()]
        return sum(len(kind) for kind in kinds)


def _names(entries: Sequence[Any]) -> list[str]:
    return [e if isinstance(e, str) else e[0] for e in entries]


def _typed(entries: Sequence[tuple[str, ...]]) -> dict[str, str]:
    return {e[0]: e[1] for e in entries}


def _model(name: str, known: frozenset[str], given: Mapping[str, Any]) -> Model:
    references = {k: _typed(v) for k, v in given.items() if k.endswith("refs")}
    model = Model(
        name,
        params=_names(given.get("params", ())),
        vars=_typed(given.get("vars", ())),
        arrays=_typed(given.get("extra_global_params", ())),
        inputs=_names(given.get("additional_input_vars", ())),
        references=references,
        code={k: v for k, v in given.items() if k.endswith("code")},
        known=known,
    )
    model.check()
    return model


@dataclass
class Reference:
    """A reference to a variable, which is there and has a type."""

    type: str


@dataclass
class Group:
    """A population, projection or update that was added."""

    model: Model
    src: Group | None = None
    trg: Group | None = None
    delays: bool = False
    recorded: bool = False
    connected: bool = False

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if name == "post_target_var":
            assert self.trg is not None and value in self.trg.model.inputs, value
        if name == "pre_target_var":
            assert self.src is not None and value in self.src.model.inputs, value
        if name == "max_dendritic_delay_timesteps":
            self.delays = True

    def set_param_dynamic(self, name: str) -> None:
        assert name in self.model.params, name

    def set_sparse_connections(self, pre: object, post: object) -> None:
        self.connected = True


def _reference(group: Group, name: str) -> Reference:
    return Reference(group.model.vars[name])


def _array(group: Group, name: str) -> Reference:
    return Reference(group.model.arrays[name])


def _fits(model: Model, kind: str, given: Mapping[str, Reference]) -> None:
    wanted = model.references.get(kind, {})
    assert set(given) == set(wanted), f"{model.name}: {kind} {sorted(given)} for {sorted(wanted)}"
    for name, reference in given.items():
        assert reference.type == wanted[name], f"{model.name}: {name} is {reference.type}"


class GeNNModel:
    """Takes groups, and checks each when it comes."""

    def __init__(self, precision: str, name: str, **settings: object) -> None:
        assert precision in ("float", "double")
        self.neuron_populations: dict[str, Group] = {}
        self.synapse_populations: dict[str, Group] = {}
        self.custom_updates: dict[str, Group] = {}

    def add_neuron_population(
        self, name: str, size: int, model: Model, params: Mapping[str, object], vars: object
    ) -> Group:
        assert size > 0
        assert set(params) == set(model.params)
        assert set(vars) == set(model.vars)  # type: ignore[call-overload]
        return self.neuron_populations.setdefault(name, Group(model))

    def add_synapse_population(
        self,
        name: str,
        kind: str,
        source: Group,
        target: Group,
        update: SimpleNamespace,
        psm: object,
    ) -> Group:
        group = Group(update.model, source, target)
        code = "".join(update.model.code.values())
        object.__setattr__(group, "kind", kind)
        object.__setattr__(group, "delayed", "addToPostDelay" in code)
        return self.synapse_populations.setdefault(name, group)

    def add_custom_update(
        self,
        name: str,
        group: str,
        model: Model,
        params: Mapping[str, object] = {},
        vars: Mapping[str, object] = {},
        var_refs: Mapping[str, Reference] = {},
        egp_refs: Mapping[str, Reference] = {},
    ) -> Group:
        assert set(params) == set(model.params), name
        assert set(vars) == set(model.vars), name
        assert var_refs, f"{name}: an update without a reference has no size"
        _fits(model, "var_refs", var_refs)
        _fits(model, "extra_global_param_refs", egp_refs)
        assert name not in self.custom_updates
        return self.custom_updates.setdefault(name, Group(model))


def _weight_update(model: Model, params: object, vars: object, **references: Any) -> object:
    assert set(vars) == set(model.vars)  # type: ignore[call-overload]
    _fits(model, "pre_neuron_var_refs", references.get("pre_var_refs", {}))
    _fits(model, "post_neuron_var_refs", references.get("post_var_refs", {}))
    return SimpleNamespace(model=model)


def _module() -> ModuleType:
    module: Any = ModuleType("pygenn")
    access = SimpleNamespace(
        READ_ONLY=1, READ_WRITE=2, BROADCAST=3, READ_ONLY_DUPLICATE=4, REDUCE_BATCH_SUM=5
    )
    module.VarAccess = module.VarAccessMode = module.CustomUpdateVarAccess = access
    module.GeNNModel = GeNNModel
    module.create_neuron_model = lambda name, **given: _model(name, frozenset(), given)
    module.create_weight_update_model = lambda name, **given: _model(name, SYNAPSE, given)
    module.create_custom_update_model = lambda name, **given: _model(name, UPDATE, given)
    module.create_var_ref = module.create_wu_var_ref = _reference
    module.create_egp_ref = _array
    module.create_den_delay_var_ref = lambda group: Reference("scalar")
    module.init_postsynaptic = lambda name: name
    module.init_weight_update = _weight_update
    return module


@contextmanager
def stub_pygenn(folder: Path) -> Generator[Callable[[str], Any]]:
    """Gives the modules of the rendered program in ``folder``, which find this PyGeNN."""
    (package,) = [path.parent.name for path in folder.glob("*/__init__.py")]
    known = sys.modules.get("pygenn")
    sys.modules["pygenn"] = _module()
    sys.path.insert(0, str(folder))
    try:
        yield lambda name: import_module(f"{package}.{name}")
    finally:
        sys.path.remove(str(folder))
        for name in [n for n in sys.modules if n.split(".")[0] in (package, "pygenn")]:
            del sys.modules[name]
        if known is not None:
            sys.modules["pygenn"] = known
