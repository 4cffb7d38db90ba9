"""Weights in blocks of 32 inputs with one scale each: the format of onnxruntime's MatMulNBits.

A value is scale * (q - 2^(bits-1)). The scale maps the block's value of largest magnitude to the
lowest q, which has one step more than the highest. Two 4-bit values share a byte, the first in its
low half.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from training.export.graph_builder import MICROSOFT, GraphBuilder

BLOCK = 32  # inputs that share a scale
BlockBits = Literal[4, 8]


def quantise_blocks(weight: np.ndarray, bits: BlockBits) -> tuple[np.ndarray, np.ndarray]:
    """weight [N, K] -> packed uint8 [N, K/32, 32*bits/8] and scales float32 [N, K/32], where K is
    rounded up to whole blocks."""
    outputs, inputs = weight.shape
    blocks = -(-inputs // BLOCK)
    padded = np.zeros((outputs, blocks * BLOCK), np.float32)
    padded[:, :inputs] = weight
    cut = padded.reshape(outputs, blocks, BLOCK)
    half = 1 << (bits - 1)
    place = np.abs(cut).argmax(-1, keepdims=True)
    scales = np.take_along_axis(cut, place, -1) / -half
    steps = np.rint(cut / np.where(scales == 0, np.float32(1), scales))
    values = np.clip(steps + half, 0, 2 * half - 1).astype(np.uint8)
    if bits == 4:
        values = values[..., ::2] | (values[..., 1::2] << 4)
    return values, scales[..., 0]


def restore_blocks(
    values: np.ndarray, scales: np.ndarray, bits: BlockBits, inputs: int
) -> np.ndarray:
    """The float32 weight [N, inputs] that `quantise_blocks` stands for."""
    if bits == 4:
        values = np.stack([values & 15, values >> 4], -1).reshape(*values.shape[:2], BLOCK)
    steps = values.astype(np.float32) - (1 << (bits - 1))
    return (steps * scales[..., None]).reshape(len(values), -1)[:, :inputs]


class BlockMatrix:
    """Adds weight [N, K] to the graph, for any number of products; `factor` [N] multiplies their
    outputs."""

    def __init__(
        self, g: GraphBuilder, weight: np.ndarray, bits: BlockBits, name: str,
        factor: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        values, scales = quantise_blocks(weight, bits)
        if factor is not None:
            scales = scales * factor.astype(np.float32)[:, None]
        self.g, self.bits, self.shape = g, bits, weight.shape
        self._values = g.constant(values, name=name)
        self._scales = g.constant(scales.reshape(-1), name=f"{name}.scale")

    def times(self, x: str) -> str:
        """x [..., K] times the weight transposed."""
        outputs, inputs = self.shape
        return self.g.node(
            "MatMulNBits",
            x,
            self._values,
            self._scales,
            domain=MICROSOFT,
            K=inputs,
            N=outputs,
            bits=self.bits,
            block_size=BLOCK,
        )


def block_bytes(shape: tuple[int, int], bits: BlockBits) -> int:
    """Bytes of a weight [N, K]: packed values and float32 scales."""
    blocks = shape[0] * -(-shape[1] // BLOCK)
    return blocks * (BLOCK * bits // 8 + 4)
