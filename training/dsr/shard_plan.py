"""How large the files of a sharded super-resolution become, and which layers each of them takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.dsr.config import DsrConfig
from training.dsr.tiles import plan_tiles
from training.export.row_table import row_table_bytes
from training.export.shard_plan import (
    PlannedShard,
    Weight,
    matrix_bytes,
    plan_layers,
    weigh_shards,
)
from training.export.transformer_shards import HEAD_BITS, Bits
from training.transformer.cluster_sampling import ClusterSampling


def dsr_layer_weight(config: DsrConfig, bits: Bits) -> Weight:
    """One layer; vectors are float32."""
    hidden, ffn = config.hidden, config.ffn
    attention = matrix_bytes((3 * hidden, hidden), bits) + matrix_bytes((hidden, hidden), bits)
    attention += 4 * 4 * hidden
    mlp = matrix_bytes((ffn, hidden), bits) + matrix_bytes((hidden, ffn), bits)
    mlp += 4 * (ffn + hidden)
    return Weight(attention + mlp, attention + 8 * 4 * hidden)


def dsr_head_weight(config: DsrConfig, bits: Bits, sampling: ClusterSampling) -> Weight:
    """Head, last norm, and the tables of tiles and clusters."""
    plan, sizes = plan_tiles(config), np.bincount(sampling.clusters)
    tiles = plan.bias.nbytes + 4 * (plan.coarse.size + plan.fine.size + plan.place.size)
    clusters = config.codes * len(sizes) + (8 + 4) * len(sizes) * int(sizes.max())
    head = matrix_bytes((config.codes, config.hidden), max(bits, HEAD_BITS))  # type: ignore[arg-type]
    return Weight(head, 2 * 4 * config.hidden + tiles + clusters)


def dsr_look_up_weight(config: DsrConfig, bits: Bits) -> Weight:
    """Word rows and position rows: what stays out of the GPU."""
    positions = config.text_slots + config.coarse_cells + config.fine_cells
    own = positions * config.hidden * (2 if bits == 16 else 4)
    return Weight(row_table_bytes((config.vocabulary, config.hidden), bits), own)


def plan_dsr_shards(
    config: DsrConfig, bits: Bits, limit: int, sampling: ClusterSampling,
    like: Sequence[PlannedShard] | None = None,
) -> list[PlannedShard]:  # fmt: skip
    """Shards within `limit` bytes. With `like`, a stage's shards, these have the same layers, as
    sharing their weights needs. ValueError where the limit does not allow it."""
    layer, head = dsr_layer_weight(config, bits), dsr_head_weight(config, bits, sampling)
    look_up = dsr_look_up_weight(config, bits).all
    if look_up > limit:
        raise ValueError(
            f"super-resolution's embeddings take {look_up:,} bytes, more than the limit of "
            f"{limit:,}: raise --shard-bytes or lower --bits."
        )
    if like is None:
        return plan_layers(config.layers, layer, head, limit)
    shards = weigh_shards([shard.layers for shard in like], layer, head)
    largest = max(shard.size.all for shard in shards)
    if shards[-1].layers.stop != config.layers or largest > limit:
        raise ValueError("super-resolution cannot be cut as the stage is")
    return shards
