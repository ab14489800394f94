"""A linear transformer: patches of an image attend to each other, and all are read at once.

Patches p_t of 4 × 4 pixels become tokens e_t = W_e p_t + position_t. With φ(x) = elu(x) + 1, in
each of several heads (Katharopoulos et al., 2020, arXiv:2006.16236)

    a_t = φ(q_t)ᵀ Σ_s φ(k_s) v_sᵀ / φ(q_t)ᵀ Σ_s φ(k_s),   q, k, v = W_q e, W_k e, W_v e
    y_t = e_t + W_o a_t,   z_t = y_t + W_2 relu(W_1 y_t + b),   code = W_r z + c

in a time that is linear in the number of patches. There is no normalisation of layers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from images import SIDE

Array = np.ndarray
PATCH, WIDTH, HEADS, HIDDEN = 4, 32, 4, 64
TOKENS = (SIDE // PATCH) ** 2


@dataclass(frozen=True)
class LinearAttention:
    """One such layer; ``weights`` by the names of the equations."""

    weights: dict[str, Array]

    @classmethod
    def begun(cls, outputs: int, rng: np.random.Generator) -> LinearAttention:
        """Normal weights of a variance of 1 over what is read; biases and positions of 0."""
        shapes = {
            "e": (PATCH**2, WIDTH),
            **{name: (WIDTH, WIDTH) for name in "qkvo"},
            "1": (WIDTH, HIDDEN),
            "2": (HIDDEN, WIDTH),
            "r": (TOKENS * WIDTH, outputs),
        }
        made = {
            name: (rng.normal(size=shape) / np.sqrt(shape[0])).astype(np.float32)
            for name, shape in shapes.items()
        }
        zeros = {"position": (TOKENS, WIDTH), "b": (HIDDEN,), "c": (outputs,)}
        return cls(made | {name: np.zeros(shape, np.float32) for name, shape in zeros.items()})

    def code(self, x: Array) -> Array:
        """The estimate (samples, outputs) of images (samples, pixels)."""
        return self.forward(x)["code"]

    def back(self, x: Array, slope: Array) -> Array:
        """∂/∂x of what has that slope by the code."""
        return self.slopes(self.forward(x), slope)[0]

    def forward(self, x: Array) -> dict[str, Array]:
        """Everything on the way to the code, which :meth:`slopes` reads."""
        w = self.weights
        p = patches(x)
        e = p @ w["e"] + w["position"]
        q, k, v = (split(e @ w[name]) for name in "qkv")
        q, k = positive(q), positive(k)
        held, total = turned(k) @ v, k.sum(axis=2)[..., None]
        norm = q @ total
        a = q @ held / norm
        joined = join(a)
        y = e + joined @ w["o"]
        g = np.maximum(y @ w["1"] + w["b"], 0)
        z = (y + g @ w["2"]).reshape(len(x), -1)
        code = z @ w["r"] + w["c"]
        return {
            **{"p": p, "e": e, "q": q, "k": k, "v": v, "held": held, "total": total},
            **{"norm": norm, "a": a, "joined": joined, "y": y, "g": g, "z": z, "code": code},
        }

    def slopes(self, at: dict[str, Array], slope: Array) -> tuple[Array, dict[str, Array]]:
        """∂/∂x, and ∂/∂w of all weights, of what has that ``slope`` by the code."""
        w, found = self.weights, dict[str, Array]()

        def through(name: str, read: Array, by: Array) -> Array:
            found[name] = read.reshape(-1, read.shape[-1]).T @ by.reshape(-1, by.shape[-1])
            return by @ w[name].T

        found["c"] = slope.sum(axis=0)
        by_z = through("r", at["z"], slope).reshape(at["y"].shape)
        by_g = through("2", at["g"], by_z) * (at["g"] > 0)
        found["b"] = by_g.sum(axis=(0, 1))
        by_y = by_z + through("1", at["y"], by_g)
        by_a = split(through("o", at["joined"], by_y)) / at["norm"]
        by_norm = -(by_a * at["a"]).sum(axis=-1, keepdims=True)
        by_q = by_a @ turned(at["held"]) + by_norm @ turned(at["total"])
        by_held, by_total = turned(at["q"]) @ by_a, turned(at["q"]) @ by_norm
        by_k = at["v"] @ turned(by_held) + turned(by_total)
        each = {"q": by_q * np.minimum(at["q"], 1), "k": by_k * np.minimum(at["k"], 1)}
        each["v"] = at["k"] @ by_held
        by_e = by_y + sum(through(name, at["e"], join(by)) for name, by in each.items())
        found["position"] = by_e.sum(axis=0)
        return whole(through("e", at["p"], by_e)), found


def fitted(
    x: Array, code: Array, seed: int, *, epochs: int = 12, rate: float = 5e-3, batch: int = 100
) -> LinearAttention:
    """The layer that Adam finds for the least mean square, its rate falling as a cosine to 0."""
    rng = np.random.default_rng(seed)
    scale = code.std()
    wanted = (code / scale).astype(np.float32)
    net = LinearAttention.begun(code.shape[1], rng)
    net.weights["c"] += wanted.mean(axis=0)
    mean, square = ({n: np.zeros_like(v) for n, v in net.weights.items()} for _ in range(2))
    parts = -(-len(x) // batch)
    orders = (np.array_split(rng.permutation(len(x)), parts) for _ in range(epochs))
    steps = epochs * parts
    for step, few in enumerate(part for order in orders for part in order):
        at = net.forward(x[few])
        slopes = net.slopes(at, 2 * (at["code"] - wanted[few]) / at["code"].size)[1]
        present = rate * (1 + np.cos(np.pi * step / steps)) / 2
        for name, slope in slopes.items():
            mean[name] += 0.1 * (slope - mean[name])
            square[name] += 0.001 * (slope**2 - square[name])
            size = np.sqrt(square[name] / (1 - 0.999 ** (step + 1))) + 1e-8
            net.weights[name] -= present * mean[name] / (1 - 0.9 ** (step + 1)) / size
    for name in "rc":
        net.weights[name] *= scale
    return net


def patches(x: Array) -> Array:
    """(samples, patches, pixels of a patch) of images (samples, pixels), in units of 1/28."""
    across = SIDE // PATCH
    tiles = SIDE * x.reshape(-1, across, PATCH, across, PATCH).transpose(0, 1, 3, 2, 4)
    return tiles.reshape(len(x), TOKENS, PATCH**2)


def whole(by_patches: Array) -> Array:
    """The transpose of :func:`patches`."""
    across = SIDE // PATCH
    tiles = by_patches.reshape(-1, across, across, PATCH, PATCH).transpose(0, 1, 3, 2, 4)
    return SIDE * tiles.reshape(len(by_patches), SIDE**2)


def split(tokens: Array) -> Array:
    """(samples, heads, patches, width of a head)."""
    return tokens.reshape(len(tokens), TOKENS, HEADS, -1).transpose(0, 2, 1, 3)


def join(heads: Array) -> Array:
    """(samples, patches, width)."""
    return heads.transpose(0, 2, 1, 3).reshape(len(heads), TOKENS, -1)


def turned(x: Array) -> Array:
    """The matrices of a stack, transposed."""
    return np.swapaxes(x, -1, -2)


def positive(x: Array) -> Array:
    """φ(x) = elu(x) + 1, whose slope is min(φ, 1)."""
    return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))
