"""How a weight matrix is stored in a graph, and what the graph multiplies with at run time.

int8   the file holds int8 values and one float32 scale per output; a Cast and a Mul, which
       onnxruntime folds into one float32 matrix when it loads the graph, restore it. The numbers
       are those of a float32 model whose weights were rounded, on every backend.
fp16   half precision and a Cast, folded the same way.
fp32   as trained.
"""

import math
from typing import Literal

import numpy as np
import torch
from torch import nn

from training.export.graph_builder import GraphBuilder

Precision = Literal["int8", "fp16", "fp32"]
_LARGEST = 127
_SMALL = 1024  # tables below this many values stay float32: nothing to gain


def store(
    g: GraphBuilder,
    weight: np.ndarray,
    precision: Precision,
    name: str,
    transposed: bool = False,
    factor: np.ndarray | None = None,
) -> str:
    """Adds `weight` [outputs or rows, ...] to the graph; returns its float32 value.

    `factor` [outputs] multiplies it. `transposed` (matrices only) makes it [inputs, outputs].
    """
    shape = (-1,) + (1,) * (weight.ndim - 1)
    factors = np.ones(len(weight)) if factor is None else factor
    factors = factors.astype(np.float32).reshape(shape)

    def turn(array: np.ndarray) -> np.ndarray:
        return array.T if transposed else array

    if precision == "fp32" or weight.size < _SMALL:
        return g.constant(turn(weight * factors).astype(np.float32), name=name)
    if precision == "fp16":
        # The factor stays apart: its product with a half need not be a half.
        half = g.cast(g.constant(turn(weight.astype(np.float16)), name=name), "float32")
        return half if factor is None else g.node("Mul", half, g.constant(turn(factors)))
    values, scales = _quantise(weight)
    whole = g.cast(g.constant(turn(values), name=name), "float32")
    return g.node("Mul", whole, g.constant(turn(scales * factors), name=f"{name}.scale"))


def rounded(weight: np.ndarray, precision: Precision) -> np.ndarray:
    """The float32 values that a graph computes with after `weight` was stored in it."""
    if precision == "fp32" or weight.size < _SMALL:
        return weight.astype(np.float32)
    if precision == "fp16":
        return weight.astype(np.float16).astype(np.float32)
    values, scales = _quantise(weight)
    return values.astype(np.float32) * scales


def stored_bytes(shape: tuple[int, ...], precision: Precision) -> int:
    """Bytes of a weight, or of a bias or vector (one dimension: always float32), in its graph."""
    size = math.prod(shape)
    if precision == "fp32" or size < _SMALL or len(shape) < 2:
        return 4 * size
    return 2 * size if precision == "fp16" else size + 4 * shape[0]


@torch.no_grad()
def round_weights(module: nn.Module, precision: Precision) -> None:
    """Gives `module` the values that its graph computes with: matrices, kernels and tables."""
    for parameter in module.parameters():
        if parameter.ndim >= 2:
            parameter.copy_(torch.from_numpy(rounded(parameter.float().numpy(), precision)))


def _quantise(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 values and float32 scales [outputs, 1, ...]."""
    others = tuple(range(1, weight.ndim))
    largest = np.abs(weight).max(axis=others, keepdims=True).astype(np.float32)
    scales = np.maximum(largest / np.float32(_LARGEST), np.float32(1e-12))
    values = np.clip(np.rint(weight / scales), -_LARGEST, _LARGEST).astype(np.int8)
    return values, scales
