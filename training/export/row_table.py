"""A table of which a graph reads rows, kept small in memory: it is restored after the look-up."""

from __future__ import annotations

import numpy as np

from training.export.graph_builder import GraphBuilder

_ROWS = 4096  # rows that are quantised at a time


class RowTable:
    """Adds `table` [rows, width] to the graph: bytes with a float32 scale per row for 4 and 8 bits,
    halves for 16, float32 for 32."""

    def __init__(self, g: GraphBuilder, table: np.ndarray, bits: int, name: str) -> None:
        self.g = g
        self._scales: str | None = None
        if bits > 8:
            kind = np.float16 if bits == 16 else np.float32
            self._values = g.constant(table.astype(kind, copy=False), name=name)
            return
        values, scales = quantise_rows(table)
        self._values = g.constant(values, name=name)
        self._scales = g.constant(scales, name=f"{name}.scale")

    def rows(self, ids: str) -> str:
        """float32 [*ids, width]"""
        g = self.g
        rows = g.cast(g.node("Gather", self._values, ids, axis=0), "float32")
        if self._scales is None:
            return rows
        return g.node("Mul", rows, g.node("Gather", self._scales, ids, axis=0))


def quantise_rows(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """table [rows, width] of any float type -> int8 values and float32 scales [rows, 1]."""
    values = np.empty(table.shape, np.int8)
    scales = np.empty((len(table), 1), np.float32)
    for first in range(0, len(table), _ROWS):
        rows = table[first : first + _ROWS].astype(np.float32)
        scale = np.maximum(np.abs(rows).max(-1, keepdims=True) / 127, np.float32(1e-12))
        values[first : first + _ROWS] = np.rint(rows / scale)
        scales[first : first + _ROWS] = scale
    return values, scales


def row_table_bytes(shape: tuple[int, int], bits: int) -> int:
    """Bytes of a table [rows, width] in its graph."""
    rows, width = shape
    return rows * (width + 4) if bits <= 8 else rows * width * (bits // 8)
