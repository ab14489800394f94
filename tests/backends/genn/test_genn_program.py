"""The rendered program around its model: files, devices, environment, and two of them at once."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from genprop.backends.base import Inputs
from genprop.backends.genn.engine import GeNNEngine
from genprop.backends.genn.pygenn import network_class
from genprop.describe.topology import initial_topology
from genprop.errors import ToolchainError, UnsupportedError
from tests.backends.genn.stub_pygenn import stub_pygenn
from tests.backends.genn.test_genn_text import rendered

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


class Program:
    """One rendered program whose PyGeNN is the stub."""

    def __init__(self, folder: Path, module: Any) -> None:
        self.folder = folder
        self.files, self.build, self.layout = map(module, ("files", "build", "layout"))
        self.errors = module("errors")

    def write(self, **changed: np.ndarray) -> Path:
        """A file of three trials, with some arrays of others."""
        arrays = {
            "inp/start": np.array([0, 2, 3, 5]),
            "inp/step": np.array([0, 4, 7, 1, 9]),
            "inp/channel": np.array([0, 3, 1, 2, 0]),
            "labels": np.array([2, 0, 1]),
        }
        path = self.folder / "trials.npz"
        arrays |= {k.replace("__", "/"): v for k, v in changed.items()}
        np.savez(path, allow_pickle=False, **arrays)
        return path


@pytest.fixture
def program(tmp_path: Path) -> Generator[Program]:
    _, _, bundle = rendered("feed_forward")
    bundle.write(tmp_path)
    with stub_pygenn(tmp_path) as module:
        yield Program(tmp_path, module)


def test_batches_are_the_trials_in_the_order_asked_for(program: Program) -> None:
    trials = program.files.read_trials(program.write())
    one, two = program.files.batches(trials, 2, np.array([2, 0, 1]))
    start, step, channel = one[0]["inp"]
    assert start.tolist() == [0, 2, 4]
    assert step.tolist() == [1, 9, 0, 4]
    assert channel.tolist() == [2, 0, 0, 3]
    assert one[1].tolist() == [1, 2]
    assert [a.tolist() for a in two[0]["inp"]] == [[0, 1], [7], [1]]
    assert two[1].tolist() == [0]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"inp__step": np.array([0, 4, 7, 1, 40])}, "inp/step goes beyond 0 ... 39"),
        ({"inp__channel": np.array([0, 3, 1, 2, -1])}, "inp/channel goes beyond 0 ... 3"),
        ({"inp__start": np.array([0, 2, 3, 4])}, "the arrays of inp do not fit together"),
        ({"labels": np.array([0, 1])}, "3 trials and 2 labels"),
    ],
)
def test_trials_that_cannot_be_are_refused(
    program: Program, changed: dict[str, np.ndarray], said: str
) -> None:
    with pytest.raises(program.errors.FileError, match=said):
        program.files.read_trials(program.write(**changed))


def test_what_is_not_there_is_named(program: Program) -> None:
    path = program.folder / "state.npz"
    with pytest.raises(program.errors.FileError, match=r"there is no file .*state\.npz"):
        program.files.read_state(path)
    with pytest.raises(program.errors.FileError, match=r"no folder .*gone"):
        program.files.check_paths(None, program.write(), program.folder / "gone" / "out.npz")
    np.savez(path, labels=np.zeros(3))
    with pytest.raises(program.errors.FileError, match=r"inp->hidden\.weight"):
        program.files.read_state(path)
    with pytest.raises(program.errors.FileError, match=r"holds no inp/start.*it has labels"):
        program.files.read_trials(path)
    path.write_text("no archive")
    with pytest.raises(program.errors.FileError, match="is no npz"):
        program.files.read_state(path)


def test_connectivity_that_is_not_there_is_named(tmp_path: Path) -> None:
    _, _, bundle = rendered("branched")
    bundle.write(tmp_path)
    path = tmp_path / "connectivity.npz"
    with stub_pygenn(tmp_path) as module:
        files, errors = module("files"), module("errors")
        with pytest.raises(errors.FileError, match=r"there is no file .*connectivity\.npz"):
            files.read_connectivity(path)
        np.savez(path, allow_pickle=False, **{"left->relay/pre": np.zeros(1)})
        with pytest.raises(errors.FileError, match="left->relay/post, right->hidden/pre"):
            files.read_connectivity(path)


def test_a_state_that_was_written_is_read_again(program: Program) -> None:
    path = program.folder / "state.npz"
    parameters = {name: np.full(2, k) for k, name in enumerate(program.layout.PARAMETERS)}
    arrays = {f"parameter/{name}": array for name, array in parameters.items()}
    np.savez(path, allow_pickle=False, **arrays)
    _, moments, count = program.files.read_state(path)
    assert count == 0
    assert moments["inp->hidden.weight/m"].tolist() == [0, 0]
    moments["inp->hidden.weight/m"] += 3
    program.files.write_state(path, parameters, moments, 7)
    again, moments, count = program.files.read_state(path)
    assert count == 7
    assert moments["inp->hidden.weight/m"].tolist() == [3, 3]
    assert {name: array.tolist() for name, array in again.items()} == {
        name: array.tolist() for name, array in parameters.items()
    }


@pytest.mark.parametrize(
    ("device", "batch", "built", "said"),
    [
        ("tpu", 1, True, "no device 'tpu'"),
        ("cuda", 1, False, "built without cuda"),
        ("cuda", 0, True, "0 trials cannot run at once"),
        ("cpu", 4, True, "one trial at once, not 4"),
    ],
)
def test_devices_and_batches_that_cannot_be_are_refused(
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    device: str,
    batch: int,
    built: bool,
    said: str,
) -> None:
    monkeypatch.setattr(program.build, "find_spec", lambda name: name if built else None)
    monkeypatch.setattr(program.build, "import_module", str)
    with pytest.raises(program.errors.NetworkError, match=said):
        program.build.build(program.folder, device, batch, {}, False)


@pytest.mark.parametrize("before", [None, "g++-12", "c++ -O1"])
def test_the_compiler_is_chosen_for_the_build_alone(
    program: Program, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    monkeypatch.setattr(program.build, "find_spec", str)
    monkeypatch.setattr(program.build, "import_module", str)
    if before is None:
        monkeypatch.delenv("CXX", raising=False)
    else:
        monkeypatch.setenv("CXX", before)
    seen = []

    def refuse(*_: object) -> None:
        seen.append(os.environ["CXX"])
        raise RuntimeError("no model")

    monkeypatch.setattr(program.build, "describe", refuse)
    with pytest.raises(RuntimeError, match="no model"):
        program.build.build(program.folder, "cpu", 1, {}, False)
    assert seen == [{None: "c++ -O3", "g++-12": "g++-12 -O3"}.get(before, before)]
    assert os.environ.get("CXX") == before


def test_what_genn_says_of_a_gpu_is_an_error_of_the_device(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("no CUDA-capable device is detected")

    monkeypatch.setattr(program.build, "find_spec", str)
    monkeypatch.setattr(program.build, "import_module", str)
    monkeypatch.setattr(program.build, "describe", refuse)
    with pytest.raises(program.errors.DeviceError, match=r"cannot use cuda here: no CUDA-capable"):
        program.build.build(program.folder, "cuda", 8, {}, False)


def test_a_backend_that_finds_no_driver_is_an_error_of_the_device(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise ImportError("libcuda.so.1: cannot open shared object file")

    monkeypatch.setattr(program.build, "find_spec", str)
    monkeypatch.setattr(program.build, "import_module", fail)
    with pytest.raises(program.errors.DeviceError, match=r"cannot use cuda here: libcuda\.so\.1"):
        program.build.build(program.folder, "cuda", 8, {}, False)


def test_two_networks_of_one_name_live_in_one_process(tmp_path: Path) -> None:
    folders = tmp_path / "one", tmp_path / "two"
    found = []
    for folder, name in zip(folders, ("feed_forward", "branched"), strict=True):
        _, _, bundle = rendered(name)
        bundle.write(folder)
        with stub_pygenn(folder):
            found.append(network_class(folder / dict(bundle.metadata)["package"]))
    one, two = (vars(import_of(kind, "layout"))["SIZES"] for kind in found)
    assert one == {"inp": 4, "hidden": 3, "out": 3}
    assert two == {"left": 3, "right": 5, "relay": 3, "hidden": 4, "out": 2}


def import_of(kind: Any, name: str) -> Any:
    """The module ``name`` of the package that a class comes from."""
    return import_module(f"{kind.__module__.rpartition('.')[0]}.{name}")


@pytest.mark.parametrize(
    ("raised", "expected", "said"),
    [
        (lambda errors: errors.TapeOverflow("hidden", 3, 20, 16), UnsupportedError, "in sample 3"),
        (lambda errors: errors.DeviceError("no GPU"), ToolchainError, "no GPU"),
        (lambda errors: errors.NetworkError("a smaller batch"), UnsupportedError, "a smaller"),
        (lambda _: ZeroDivisionError("ours"), ZeroDivisionError, "ours"),
    ],
)
def test_errors_of_a_program_become_ours(
    program: Program, raised: Any, expected: type[Exception], said: str
) -> None:
    class Broken:
        def gradients(self, *_: object) -> None:
            raise raised(program.errors)

    spec, lowered, bundle = rendered("feed_forward")
    engine = GeNNEngine(lowered, spec, bundle, "cpu", "double", None)
    vars(engine)["_loaded"] = Broken()
    with pytest.raises(expected, match=said):
        engine.gradients({}, initial_topology(spec), Inputs({}, 1, np.zeros(1, np.int64)))
