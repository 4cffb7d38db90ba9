"""What the full-size model asks of a machine: bytes, FLOPs and the least time, from its sizes.

File sizes are the converter's own (training/export/shard_plan.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from training.cogvideo.config import CogVideoConfig
from training.cogvideo.release_settings import stage_config
from training.export.shard_plan import (
    SHARD_LIMIT,
    PlannedShard,
    Weight,
    head_weight,
    layer_weight,
    plan_shards,
)
from training.export.transformer_shards import Bits
from training.transformer.config import FRAMES, GIVEN_SLOTS, WANTED_SLOTS, Stage
from training.transformer.visibility import region_ids

RELEASE = {
    "num_layers": 48,
    "hidden_size": 3072,
    "num_attention_heads": 48,
    "vocab_size": 150_010,
}
ROUNDS = (2, 4, 8)  # windows of the interpolation rounds
HALF = 2  # bytes of a cached key or value


def released_config(stage: Stage) -> CogVideoConfig:
    return stage_config(RELEASE, 1 if stage == "keyframes" else 2)


@dataclass(frozen=True)
class StageBudget:
    """One stage at `bits` bits; a step draws one cell of each of its sequences."""

    config: CogVideoConfig
    bits: Bits
    first_frame: bool = False  # of stage 1, instead of its other four

    @property
    def shards(self) -> list[PlannedShard]:
        return plan_shards(self.config.to_transformer(), self.bits, SHARD_LIMIT)

    @property
    def gpu_weights(self) -> int:
        """Bytes of all layers and the head: what a step reads. Embeddings are not among them."""
        config = self.config.to_transformer()
        total: Weight = layer_weight(config, self.bits) * config.layers
        return (total + head_weight(config, self.bits)).all

    @property
    def matrix_values(self) -> int:
        """Weights that each row is multiplied with: 16 hidden^2 a layer where ffn = 4 hidden."""
        c = self.config
        return c.layers * (8 * c.hidden**2 + 2 * c.hidden * c.ffn) + c.codes * c.hidden

    @property
    def _row_bytes(self) -> int:
        """A key and a value of one row in one channel of one layer, halves."""
        return 2 * self.config.hidden * HALF

    @property
    def cells(self) -> int:
        return self.config.grid**2

    def cache_bytes(self, sequences: int) -> int:
        """Both channels' caches at full length: text and a frame, text and five frames."""
        slots = 2 * self.config.text_slots + (1 + FRAMES) * self.cells
        return sequences * self.config.layers * slots * self._row_bytes

    def region_cache_bytes(self, sequences: int) -> int:
        """The same as the app lays it out: a block for each region of a layer's pattern, each as
        long as the largest."""
        config = self.config.to_transformer()
        counts, largest = [], 0
        for index in range(config.layers):
            ids = region_ids(config.grid, config.window(index))
            counts.append(int(ids.max()) + 1)
            largest = max(largest, max((ids == region).sum() for region in set(ids.tolist())))
        text = self.config.text_slots
        slots = sum(text + self.cells + n * (text + FRAMES * int(largest)) for n in counts)
        return sequences * slots * self._row_bytes

    def seen_rows(self) -> float:
        """Cached rows that a step reads in both channels of a layer, mean over all steps."""
        config = self.config.to_transformer()
        spatial = self.config.text_slots + (self.cells - 1) / 2
        if self.config.stage == "keyframes":
            # Frames 1..4 see everything before them.
            frames = range(1) if self.first_frame else range(1, FRAMES)
            before = sum(slot * self.cells for slot in frames) / len(frames)
            return spatial + self.config.text_slots + before + (self.cells - 1) / 2
        regions = [region_ids(config.grid, config.window(layer)) for layer in range(2)]
        # A cell's region, mean over cells: sum of squares over the number of cells.
        sizes = [sum((ids == r).sum() ** 2 for r in set(ids.tolist())) for ids in regions]
        region = sum(sizes) / len(sizes) / self.cells
        frames = len(GIVEN_SLOTS) + sum(range(len(WANTED_SLOTS))) / len(WANTED_SLOTS) + 0.5
        return spatial + self.config.text_slots + float(region) * frames

    def step_bytes(self, sequences: int) -> float:
        """Weights once, and the cached rows of each sequence."""
        cache = sequences * self.config.layers * self.seen_rows() * self._row_bytes
        return self.gpu_weights + cache

    def step_flops(self, sequences: int) -> float:
        """Two a weight and row; scores and sums take two each of a cached row's width."""
        attention = self.config.layers * self.seen_rows() * 4 * self.config.hidden
        return sequences * (2 * self.matrix_values + attention)

    def floor_seconds(self, sequences: int, bandwidth: float) -> float:
        """Least time of a step at `bandwidth` bytes per second."""
        return self.step_bytes(sequences) / bandwidth


def clip_seconds(bits: Bits, bandwidth: float, windows: int) -> float:
    """Least time of the steps of one clip of 33 frames: 400 of the first frame, 1600 with guidance,
    then three rounds of 800 steps with up to `windows` windows at a time. Prefill is not in it."""
    first, second = (StageBudget(released_config(s), bits) for s in ("keyframes", "interpolation"))
    cells = first.cells
    total = cells * replace(first, first_frame=True).floor_seconds(1, bandwidth)
    total += (FRAMES - 1) * cells * first.floor_seconds(2, bandwidth)
    for count in ROUNDS:
        together = min(count, windows)
        steps = len(WANTED_SLOTS) * cells * -(-count // together)
        total += steps * second.floor_seconds(together, bandwidth)
    return total


def prefill_flops() -> float:
    """Of one clip: text and frame 0 twice (guidance), then text and three frames of each window."""
    first, second = (StageBudget(released_config(s), 4) for s in ("keyframes", "interpolation"))
    text, cells = first.config.text_slots, first.cells
    rows = 2 * (text + cells) + sum(ROUNDS) * (text + len(GIVEN_SLOTS) * cells)
    return 2.0 * second.matrix_values * rows
