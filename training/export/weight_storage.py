"""How a weight matrix is stored in a graph, and what the graph multiplies with at run time.

int8   the file holds int8 values and one float32 scale per output; a Cast and a Mul, which
       onnxruntime folds into one float32 matrix when it loads the graph, restore it. The numbers
       are those of a float32 model whose weights were rounded, on every backend.
fp16   half precision and a Cast, folded the same way.
fp32   as trained.
"""

from typing import Literal

import numpy as np

from training.export.graph_builder import GraphBuilder

Precision = Literal["int8", "fp16", "fp32"]
_LARGEST = 127
_SMALL = 1024  # tables below this many values stay float32: nothing to gain


def rounded(weight: np.ndarray, precision: Precision, axis: int) -> np.ndarray:
    """float32 values that a graph computes with after `weight` was stored: the exact reference.

    `axis` is the one along which scales differ (rows of a table, outputs of a matrix).
    """
    if precision == "fp32" or weight.size < _SMALL:
        return weight.astype(np.float32)
    if precision == "fp16":
        return weight.astype(np.float16).astype(np.float32)
    values, scales = _quantise(weight, axis)
    return values.astype(np.float32) * scales


def store(g: GraphBuilder, weight: np.ndarray, precision: Precision, axis: int, name: str) -> str:
    """Adds `weight` to the graph; returns the float32 value of the same shape."""
    if precision == "fp32" or weight.size < _SMALL:
        return g.constant(weight.astype(np.float32), name=name)
    if precision == "fp16":
        return g.cast(g.constant(weight.astype(np.float16), name=name), "float32")
    values, scales = _quantise(weight, axis)
    whole = g.cast(g.constant(values, name=name), "float32")
    return g.node("Mul", whole, g.constant(scales, name=f"{name}.scale"))


def _quantise(weight: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """int8 values and float32 scales, which keep `axis` and have 1 elsewhere."""
    others = tuple(i for i in range(weight.ndim) if i != axis % weight.ndim)
    largest = np.abs(weight).max(axis=others, keepdims=True).astype(np.float32)
    scales = np.maximum(largest / np.float32(_LARGEST), np.float32(1e-12))
    values = np.clip(np.rint(weight / scales), -_LARGEST, _LARGEST).astype(np.int8)
    return values, scales
