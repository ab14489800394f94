from __future__ import annotations

import builtins
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import genprop.data
from genprop.data import (
    Dataset,
    delay_line,
    digits,
    latency_code,
    mnist,
    xor,
    yin_yang,
)
from genprop.errors import DataError


def dense(data: Dataset) -> np.ndarray:
    """(samples, channels) time of the only spike."""
    spikes = data.spikes
    assert np.array_equal(np.diff(spikes.start), np.full(len(data), data.channels))
    out = np.empty((len(data), data.channels))
    out[np.repeat(np.arange(len(data)), data.channels), spikes.channels] = spikes.times
    return out


def test_yin_yang_is_balanced_mirrored_and_inside_the_symbol() -> None:
    data = yin_yang(3000, seed=1)
    assert (data.classes, data.channels, data.duration) == (3, 5, 60.0)
    assert np.bincount(data.labels).min() > 900
    times = dense(data)
    assert np.all(times[:, 4] == 20.0)
    x, y = ((times[:, k] - 10) / 30 for k in (0, 1))
    assert np.allclose(times[:, 0] + times[:, 2], 50.0, atol=1e-4)
    assert np.all(np.hypot(x - 0.5, y - 0.5) <= 0.5 + 1e-5)
    near_dot = np.minimum(np.hypot(x - 0.75, y - 0.5), np.hypot(x - 0.25, y - 0.5))
    assert np.all((near_dot < 0.1 + 1e-5) == (data.labels == 2))


def test_yin_and_yang_turn_into_each_other_by_half_a_turn() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((2000, 2))
    points = points[np.hypot(*(points - 0.5).T) < 0.49]
    from genprop.data.toy import yin_yang_class

    here, there = yin_yang_class(points), yin_yang_class(1 - points)
    assert np.array_equal(here == 2, there == 2)
    assert np.all(here[here < 2] + there[here < 2] == 1)


def test_toy_data_are_a_function_of_the_seed() -> None:
    for make in (yin_yang, delay_line, xor):
        a, b, c = (make(50, seed) for seed in (1, 1, 2))
        assert np.array_equal(a.spikes.times, b.spikes.times)
        assert np.array_equal(a.labels, b.labels)
        assert not (np.array_equal(a.labels, c.labels))


def test_in_a_delay_line_order_alone_decides_the_class() -> None:
    data = delay_line(40, lag=20.0, spread=10.0)
    times = dense(data)
    assert np.bincount(data.labels).tolist() == [20, 20]
    difference = times[:, 1] - times[:, 0]
    assert np.allclose(difference, np.where(data.labels == 0, 20.0, -20.0), atol=1e-5)


def test_xor_is_the_exclusive_or_of_late_spikes() -> None:
    data = xor(40)
    late = dense(data) == 15.0
    assert np.array_equal(late[:, 0] ^ late[:, 1], data.labels == 1)
    assert not late[:, 2].any()
    assert np.unique(late[:, :2], axis=0, return_counts=True)[1].tolist() == [10] * 4


def test_a_stronger_input_spikes_sooner_and_a_weak_one_not_at_all() -> None:
    batch = latency_code(
        np.array([[1.0, 0.5, 0.1, 0.0]]), t_min=2.0, t_max=12.0, duration=20.0, threshold=0.1
    )
    assert batch.times.tolist() == [2.0, 7.0]
    assert batch.channels.tolist() == [0, 1]


def test_times_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="do not fit"):
        yin_yang(10, t_max=60.0)
    with pytest.raises(DataError, match="do not fit"):
        delay_line(10, lag=60.0)
    with pytest.raises(DataError, match="do not fit"):
        xor(10, early=20.0)
    with pytest.raises(DataError, match="0 samples"):
        yin_yang(0)


def test_digits_are_split_by_class_and_coded_by_latency() -> None:
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    train, test = digits(seed=3)
    assert (len(train) + len(test), train.channels, train.classes) == (1797, 64, 10)
    assert np.all(np.abs(np.bincount(test.labels) - 36) <= 2)
    assert train.spikes.times.min() == 1.0


def test_without_scikit_learn_digits_say_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def absent(name: str, *args: object, **kwargs: object) -> object:
        if name.startswith("sklearn"):
            raise ImportError(name)
        return real(name, *args, **kwargs)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(DataError, match=r"pip install 'genprop\[test\]'"):
        digits()


def write_mnist(file: Path, **changes: object) -> Path:
    rng = np.random.default_rng(0)
    arrays: dict[str, object] = {}
    for part, n in (("train", 12), ("test", 5)):
        arrays[f"x_{part}"] = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        arrays[f"y_{part}"] = np.arange(n, dtype=np.uint8) % 10
    np.savez(file, **(arrays | changes))  # pyright: ignore[reportArgumentType]
    return file


def test_mnist_is_read_from_a_file_or_its_folder(tmp_path: Path) -> None:
    file = write_mnist(tmp_path / "mnist.npz")
    for path in (file, tmp_path, str(file)):
        train, test = mnist(path)
        assert (len(train), len(test), train.channels) == (12, 5, 784)
    with np.load(file) as stored:
        bright = np.count_nonzero(stored["x_train"].reshape(12, -1) > 0.2 * 255, axis=1)
    assert np.array_equal(np.diff(mnist(file)[0].spikes.start), bright)


def test_mnist_files_that_are_missing_damaged_or_foreign_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        mnist(tmp_path)
    file = write_mnist(tmp_path / "half.npz")
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(DataError, match="cannot be read as"):
        mnist(file)
    np.savez(tmp_path / "other.npz", x_train=np.zeros(3))
    with pytest.raises(DataError, match="lacks y_train, x_test, y_test"):
        mnist(tmp_path / "other.npz")
    write_mnist(tmp_path / "labels.npz", y_test=np.zeros(4, np.uint8))
    with pytest.raises(DataError, match="not MNIST's"):
        mnist(tmp_path / "labels.npz")


def test_public_names_are_sorted_and_there() -> None:
    assert genprop.data.__all__ == sorted(genprop.data.__all__)
    assert all(hasattr(genprop.data, name) for name in genprop.data.__all__)


def test_importing_the_room_loads_no_optional_library() -> None:
    code = (
        "import sys, genprop.data; "
        "print(sorted({'h5py', 'sklearn', 'tonic', 'scipy', 'sympy'} & set(sys.modules)))"
    )
    root = Path(genprop.data.__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert found.stdout.strip() == "[]"
