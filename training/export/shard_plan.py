"""How large the files of a sharded transformer become, and which layers each of them takes.

The converter cuts by these numbers and docs/full-size.md prints them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from training.export.block_weights import block_bytes
from training.export.row_table import row_table_bytes
from training.export.transformer_shards import HEAD_BITS, Bits
from training.transformer.config import FRAMES, TransformerConfig

SHARD_LIMIT = 1_900_000_000
"""Bytes of a file together with its shared weights: one protobuf message must stay below 2 GiB."""


@dataclass(frozen=True)
class Weight:
    """Bytes of weights: of the base model, which stages may share, and of the stage alone."""

    base: int
    own: int

    @property
    def all(self) -> int:
        return self.base + self.own

    def __add__(self, other: Weight) -> Weight:
        return Weight(self.base + other.base, self.own + other.own)

    def __mul__(self, count: int) -> Weight:
        return Weight(self.base * count, self.own * count)


@dataclass(frozen=True)
class PlannedShard:
    layers: range
    size: Weight


def matrix_bytes(shape: tuple[int, int], bits: Bits) -> int:
    """Bytes of a matrix (outputs, inputs)."""
    if bits == 4 or bits == 8:
        return block_bytes(shape, bits)
    return math.prod(shape) * bits // 8


def layer_weight(config: TransformerConfig, bits: Bits) -> Weight:
    """One layer; vectors are float32."""
    hidden, ffn = config.hidden, config.ffn
    attention = matrix_bytes((3 * hidden, hidden), bits) + matrix_bytes((hidden, hidden), bits)
    mlp = matrix_bytes((ffn, hidden), bits) + matrix_bytes((hidden, ffn), bits)
    attention += 4 * 4 * hidden * config.biases
    mlp += 4 * (ffn + hidden) * config.biases
    norms = 4 * hidden * (8 if config.norm == "layer" else 2)
    mix = 4 * hidden
    return Weight(attention + mlp, attention + norms + mix)


def head_weight(config: TransformerConfig, bits: Bits) -> Weight:
    norm = 4 * config.hidden * (2 if config.norm == "layer" else 1)
    return Weight(matrix_bytes((config.codes, config.hidden), max(bits, HEAD_BITS)), norm)


def look_up_weight(config: TransformerConfig, bits: Bits) -> Weight:
    """Word rows and position rows: what stays out of the GPU."""
    positions = config.text_slots + FRAMES * config.cells
    if config.positions == "factorised":
        positions = config.text_slots + FRAMES + 2 * config.grid
    bytes_each = 2 if bits == 16 else 4
    own = positions * config.hidden * bytes_each
    return Weight(row_table_bytes((config.vocabulary, config.hidden), bits), own)


def plan_shards(config: TransformerConfig, bits: Bits, limit: int) -> list[PlannedShard]:
    """The fewest shards of about equally many layers that stay within `limit` bytes each, their
    share of the base included. ValueError where one layer alone, or the look-up, is larger."""
    if look_up_weight(config, bits).all > limit:
        raise ValueError(
            f"the embeddings take {look_up_weight(config, bits).all:,} bytes, more than the limit "
            f"of {limit:,}: raise --shard-bytes or lower --bits."
        )
    return plan_layers(config.layers, layer_weight(config, bits), head_weight(config, bits), limit)


def plan_layers(layers: int, layer: Weight, head: Weight, limit: int) -> list[PlannedShard]:
    """The fewest shards of about equally many layers within `limit` bytes; the last has the head.
    ValueError where one layer alone is larger."""
    for count in range(1, layers + 1):
        ends = [layers * (index + 1) // count for index in range(count)]
        parts = [range(*bounds) for bounds in zip([0, *ends[:-1]], ends, strict=True)]
        shards = weigh_shards(parts, layer, head)
        if max(shard.size.all for shard in shards) <= limit:
            return shards
    largest = max(shard.size.all for shard in shards)
    raise ValueError(
        f"one layer takes up to {largest:,} bytes, more than the limit of {limit:,}: "
        f"raise --shard-bytes or lower --bits."
    )


def weigh_shards(parts: Sequence[range], layer: Weight, head: Weight) -> list[PlannedShard]:
    """Shards of the layers `parts`, of which the last has the head."""
    shards = [PlannedShard(part, layer * len(part)) for part in parts]
    last = shards.pop()
    return [*shards, PlannedShard(last.layers, last.size + head)]
