"""An experiment: what build() of a network.py returns, and how it is loaded and compiled."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from genprop.errors import ConfigurationError, did_you_mean
from genprop.experiment.callbacks import make_callbacks
from genprop.experiment.settings import backend_of, optimiser_of, quantise_of
from genprop.experiment.sources import data_sets

if TYPE_CHECKING:
    from genprop.data.augment import Augmentation
    from genprop.describe.network import Network
    from genprop.describe.objective import Loss
    from genprop.describe.update import Update
    from genprop.experiment.config import Config
    from genprop.runtime.simulator import Simulator
    from genprop.train.callbacks import Callback
    from genprop.train.surface import Dataset, Trainable

__all__ = [
    "Experiment",
    "compile_experiment",
    "compile_settings",
    "described",
    "load_experiment",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What ``build(**options)`` of a network.py returns.

    Attributes:
        train: what is learned from.
        net: the network; it is compiled with the settings of [compile].
        loss: what is minimised.
        optimiser: one for all, or by role, name or flat name; [optimiser] counts instead if given.
        valid: what the best epoch is chosen by.
        test: what is looked at once, at the end.
        callbacks: what acts meanwhile, before those of [callbacks].
        augment: changes to each training batch, instead of the dataset's own.
        sim: a simulator that ``build`` has compiled itself, instead of net, loss and optimiser.
    """

    train: Dataset
    net: Network | None = None
    loss: Loss | None = None
    optimiser: Update | Mapping[str, Update] | None = None
    valid: Dataset | None = None
    test: Dataset | None = None
    callbacks: Sequence[Callback] = ()
    augment: Sequence[Augmentation] | None = None
    sim: Trainable | None = None

    def split(self, name: str) -> Dataset:
        """The dataset called ``"train"``, ``"valid"`` or ``"test"``.

        Raises:
            ConfigurationError: for one the experiment does not have.
        """
        found = {"train": self.train, "valid": self.valid, "test": self.test}
        there = {key: value for key, value in found.items() if value is not None}
        if name not in there:
            raise ConfigurationError(
                f"the experiment has no {name!r} samples", remedy=did_you_mean(name, there)
            )
        return there[name]


def load_experiment(config: Config) -> Experiment:
    """Call ``build`` of the config's network.py with its options.

    ``build`` is also given ``seed`` where it asks for it and [options] does not set it, and the
    data sets of [data] as ``train``, ``valid`` and ``test``, as far as it asks for them. An option
    that ``build`` annotates as a ``Literal`` is one of its values.

    Raises:
        ConfigurationError: for a file without ``build``, options it does not take (with "did you
            mean"), or a return value that is no Experiment.
    """
    build = _build_of(config)
    options = dict(config.options)
    known = inspect.signature(build).parameters
    if "seed" in known:
        options.setdefault("seed", config.seed)
    _check_choices(build, config)
    options |= {k: part for k, part in data_sets(config, known).items() if k in known}
    if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in known.values()):
        for name in options:
            if name not in known:
                raise ConfigurationError(
                    f"build() has no option {name!r}",
                    where=config.place("options", name),
                    remedy=did_you_mean(name, known),
                )
    needed = [p.name for p in known.values() if p.default is p.empty and p.name not in options]
    needed = [
        n for n in needed if known[n].kind not in (known[n].VAR_KEYWORD, known[n].VAR_POSITIONAL)
    ]
    if needed:
        raise ConfigurationError(
            f"build() needs the options {', '.join(needed)}",
            where=config.place("options"),
            remedy="set them below [options], or give them a default in build()",
        )
    return _checked(build(**options), config)


def _check_choices(build: Callable[..., object], config: Config) -> None:
    """Refuse what no ``Literal`` holds, where annotations can be read while the program runs."""
    try:
        hints = get_type_hints(build)
    except (NameError, AttributeError, TypeError):
        return
    for name, value in config.options.items():
        choices = get_args(hints[name]) if get_origin(hints.get(name)) is Literal else (value,)
        if value not in choices:
            raise ConfigurationError(
                f"option {name} = {value!r} is none of {', '.join(map(repr, choices))}",
                where=config.place("options", name),
                remedy=did_you_mean(value, map(str, choices)),
            )


def compile_experiment(
    experiment: Experiment, config: Config, threads: int | None = None
) -> tuple[Trainable, list[Callback]]:
    """The simulator of an experiment, and all callbacks.

    Args:
        experiment: what to train.
        config: settings of [compile], [optimiser], [quantise] and [callbacks].
        threads: of the native backend, instead of [compile]'s.

    Raises:
        ConfigurationError: for settings that do not fit.
    """
    callbacks = [*experiment.callbacks, *make_callbacks(config)]
    if experiment.sim is not None:
        given = [name for name in ("compile", "optimiser", "quantise") if config.section(name)]
        if given:
            raise ConfigurationError(
                "build() gave a simulator, which is compiled already",
                where=config.place(given[0]),
                remedy=f"remove [{given[0]}], or give net, loss and optimiser",
            )
        return experiment.sim, callbacks
    from genprop.runtime.compile import compile as compile_network

    assert experiment.net is not None
    simulator = compile_network(experiment.net, **compile_settings(experiment, config, threads))
    quantise = quantise_of(config, experiment.train)
    if quantise is None:
        return simulator, callbacks
    from genprop.runtime.aware import QuantiseAware

    return QuantiseAware(simulator, quantise), callbacks


def described(simulator: Trainable, where: str, lack: str) -> Simulator:
    """``simulator`` itself, for what needs the description that it was compiled from.

    Args:
        simulator: of an experiment.
        where: it was found.
        lack: what a simulator without a description cannot do, ``"which has no chip"``.

    Raises:
        ConfigurationError: for a simulator that build() brought along.
    """
    from genprop.runtime.simulator import Simulator

    if not isinstance(simulator, Simulator):
        raise ConfigurationError(
            f"build() gave a simulator of its own, {lack}",
            where=where,
            remedy="return Experiment(net=…, loss=…, optimiser=…)",
        )
    return simulator


def compile_settings(
    experiment: Experiment, config: Config, threads: int | None = None
) -> dict[str, Any]:
    """What ``gp.compile`` is called with, after the network: loss, optimiser, clock, backend, seed.

    Raises:
        ConfigurationError: for settings that are missing or do not fit.
    """
    for name in ("dt", "duration"):
        if name not in config.compile:
            raise ConfigurationError(
                f"{name} is missing",
                where=config.place("compile"),
                remedy=f"write {name} = … [ms] below [compile]",
            )
    names = ("dt", "duration", "batch", "solver", "events", "clock")
    steps = {"clock": "grid"} if config.quantise else {}  # the chip's, on which it learns
    return (
        steps
        | {name: config.compile[name] for name in names if name in config.compile}
        | {
            "loss": experiment.loss,
            "optimiser": optimiser_of(config) or experiment.optimiser,
            "backend": backend_of(config, threads),
            "seed": config.seed,
        }
    )


def _build_of(config: Config) -> Callable[..., object]:
    """The function ``build`` of the config's network.py.

    The code is run as the file that it is a copy of: it finds what lies beside that.
    """
    path = config.network
    if not config.code.is_file():
        raise ConfigurationError(
            f"there is no {config.code}",
            where=config.place("network"),
            remedy="give the path of network.py, from the folder of the train.toml",
        )
    name = f"genprop_experiment_{abs(hash(path.resolve())):x}"
    code = _compiled(config)
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        exec(code, module.__dict__)
    finally:
        sys.path.remove(str(path.parent.resolve()))
    build = getattr(module, "build", None)
    if not callable(build):
        raise ConfigurationError(
            "there is no function build(**options)",
            where=str(path),
            remedy="define build, which returns a gp.Experiment",
        )
    return build


def _compiled(config: Config) -> CodeType:
    try:
        return compile(config.code.read_bytes(), config.network, "exec")
    except (SyntaxError, ValueError) as fault:
        line = f", line {fault.lineno}" if isinstance(fault, SyntaxError) else ""
        raise ConfigurationError(
            f"this is not Python: {fault.args[0]}", where=f"{config.code}{line}"
        ) from None


def _checked(returned: object, config: Config) -> Experiment:
    where = f"{config.network}, build()"
    fields = [f.name for f in dataclasses.fields(Experiment)]
    if isinstance(returned, Mapping):
        for name in returned:
            if name not in fields:
                raise ConfigurationError(
                    f"{name!r} is no part of an experiment",
                    where=where,
                    remedy=did_you_mean(str(name), fields),
                )
        if "train" not in returned:
            raise ConfigurationError("the experiment has no 'train' samples", where=where)
        returned = Experiment(**{str(key): value for key, value in returned.items()})
    if not isinstance(returned, Experiment):
        raise ConfigurationError(
            f"build() returned {type(returned).__name__}, not an Experiment",
            where=where,
            remedy="return gp.Experiment(net=…, loss=…, optimiser=…, train=…, valid=…)",
        )
    if (returned.net is None) == (returned.sim is None):
        raise ConfigurationError(
            "an experiment has either a network or a simulator", where=where, remedy="give net=…"
        )
    return returned
