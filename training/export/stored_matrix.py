"""A weight matrix of a graph in any of the converter's precisions, stored once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from training.export.block_weights import BlockMatrix
from training.export.graph_builder import GraphBuilder
from training.export.weight_storage import store

Bits = Literal[4, 8, 16, 32]


def stored_matrix(
    g: GraphBuilder, weight: np.ndarray, bits: int, name: str, factor: np.ndarray | None = None
) -> Callable[[str], str]:
    """Adds `weight` float32 [N, K] to the graph; the result adds products with it, x [..., K] ->
    [..., N], as often as it is called. `factor` [N] multiplies the outputs. 4 and 8 bits are in
    blocks, 16 are halves."""
    if bits == 4 or bits == 8:
        return BlockMatrix(g, weight, bits, name, factor).times
    precision = "fp16" if bits == 16 else "fp32"
    matrix = store(g, weight, precision, name, transposed=True, factor=factor)
    return lambda x: g.node("MatMul", x, matrix)
