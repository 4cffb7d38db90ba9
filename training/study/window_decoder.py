"""Decoding one window with caches that hold only what a query may see.

The product's decoder keeps caches of fixed capacity, as its graphs demand, and masks the rest. Here
every layer's temporal cache is sorted by window region and generation order, so that a query sees
a plain prefix of its region: a third of the memory traffic. It agrees with
`training.transformer.cached.CachedDecoder` (tested).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from training.transformer import visibility
from training.transformer.config import FRAMES, GIVEN_SLOTS, WANTED_SLOTS, Stage, Window
from training.transformer.model import LayerCache, Transformer
from training.transformer.sequence import hints_of

_ORDER: dict[Stage, tuple[int, ...]] = {
    "keyframes": tuple(range(FRAMES)),
    "interpolation": (*GIVEN_SLOTS, *WANTED_SLOTS),
}


class WindowDecoder:
    """B sequences over one text each (flat ids [B, T], right-padded, any T up to the model's)."""

    def __init__(self, model: Transformer, text: Tensor) -> None:
        self.model, self.config = model, model.config
        used = (text != self.config.pad_id).any(0).nonzero()
        self.text = text[:, : int(used[-1]) + 1 if len(used) else 1]
        batch, self.length = self.text.shape
        self.windows = list(self.config.windows) or [None]
        # Text mask, then zeros for every image cell that a prefix may contain.
        longest = self.length + FRAMES * self.config.cells + 1
        self.bias = torch.zeros(batch, 1, 1, longest)
        self.bias[..., : self.length].masked_fill_(
            (self.text == self.config.pad_id)[:, None, None], visibility.MASKED
        )
        self.caches = [self._empty(self._window_of(i)) for i in range(self.config.layers)]

    def _window_of(self, layer: int) -> Window | None:
        return self.windows[layer % len(self.windows)]

    def _empty(self, window: Window | None) -> LayerCache:
        config, batch = self.config, len(self.text)
        regions, cells = _region_sizes(config.grid, window)
        spatial = (batch, config.heads, self.length + config.cells, config.head_dim)
        temporal = (batch, config.heads, regions, self.length + FRAMES * cells, config.head_dim)
        return (
            torch.zeros(spatial),
            torch.zeros(spatial),
            torch.zeros(temporal),
            torch.zeros(temporal),
        )

    def prefill(self, frames: Tensor, slots: tuple[int, ...]) -> None:
        """Runs the text and the given frames `slots` of `frames` [B, 5, C]."""
        config = self.config
        given = frames[:, list(slots)]
        boi = torch.full_like(given[..., :1], config.boi_id)
        inputs = torch.cat([boi, given[..., :-1]], dim=-1).flatten(1)
        ids = torch.cat([self.text, inputs], dim=1)
        hints = torch.full((*ids.shape, 2), config.null_hint_id)
        if slots:
            known = torch.from_numpy(hints_of(config, frames.numpy()))[:, list(slots)]
            hints[:, self.length :] = known.flatten(1, 2)
        cells = [torch.arange(config.cells) + self._position(slot, 0) for slot in slots]
        positions = torch.cat([torch.arange(self.length), *cells])
        spatial, temporal = self._prefill_biases(slots)
        rows = self.model.step(
            ids, hints, positions.expand(len(ids), -1), spatial, temporal,
            self.model.empty_caches(len(ids), 0, 0),
        )[1]  # fmt: skip
        for layer, row in enumerate(rows):
            self._store_prefill(layer, row, slots)

    def _prefill_biases(self, slots: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        """Spatial [B, 1, S, S] and temporal [W, B, 1, S, S] of text and given frames."""
        config, text = self.config, self.bias[..., : self.length]
        kinds = [_given_visible(config.stage, config.grid, None, slots, spatial=True)]
        kinds += [_given_visible(config.stage, config.grid, w, slots) for w in self.windows]
        size = self.length + len(slots) * config.cells
        biases = []
        for visible in kinds:
            bias = torch.full((len(self.text), 1, size, size), visibility.MASKED)
            bias[..., : self.length] = text
            bias[..., self.length :, self.length :] = torch.from_numpy(visibility.as_bias(visible))
            biases.append(bias)
        return biases[0], torch.stack(biases[1:])

    def _store_prefill(self, layer: int, row: LayerCache, slots: tuple[int, ...]) -> None:
        length, cells, cache = self.length, self.config.cells, self.caches[layer]
        for held, new in zip(cache[:2], row[:2], strict=True):
            if new.shape[2]:  # a single-channel layer has no spatial rows
                held[:, :, :length] = new[:, :, :length]
        for held, new in zip(cache[2:], row[2:], strict=True):
            held[:, :, :, :length] = new[:, :, None, :length]
            for order, slot in enumerate(slots):
                first = length + order * cells
                regions, columns = map(torch.from_numpy, self._columns(layer, slot))
                held[:, :, regions, columns] = new[:, :, first : first + cells]

    def _columns(self, layer: int, slot: int) -> tuple[np.ndarray, np.ndarray]:
        """Region and column in the temporal cache of every cell of a slot, both int64 [C]."""
        window = self._window_of(layer)
        regions, ranks = _regions_and_ranks(self.config.grid, window)
        size = _region_sizes(self.config.grid, window)[1]
        order = _ORDER[self.config.stage].index(slot)
        return regions, ranks + self.length + order * size

    def _position(self, slot: int, cell: int) -> int:
        config = self.config
        return visibility.image_position(config.text_slots, config.grid, slot, cell)

    def next_logits(self, frames: Tensor, slot: int, cell: int) -> Tensor:
        """Logits [B, K] of a cell; asked for in generation order, after `prefill`."""
        config, batch = self.config, len(self.text)
        token = frames[:, slot, cell - 1 : cell] if cell else None
        token = torch.full((batch, 1), config.boi_id) if token is None else token
        hints = torch.from_numpy(self._hint(frames, slot, cell))[:, None]
        position = torch.full((batch, 1), self._position(slot, cell))
        places = [tuple(int(t[cell]) for t in self._columns(i, slot)) for i in range(config.layers)]
        spatial_bias = self.bias[..., : self.length + cell + 1]
        temporal_bias = [self.bias[..., : places[w][1] + 1] for w in range(len(self.windows))]
        seen = [
            (k[:, :, : self.length + cell], v[:, :, : self.length + cell],
             tk[:, :, region, :column], tv[:, :, region, :column])
            for (k, v, tk, tv), (region, column) in zip(self.caches, places, strict=True)
        ]  # fmt: skip
        logits, rows = self.model.step(token, hints, position, spatial_bias, temporal_bias, seen)
        for cache, row, (region, column) in zip(self.caches, rows, places, strict=True):
            for held, new in zip(cache[:2], row[:2], strict=True):
                held[:, :, self.length + cell : self.length + cell + new.shape[2]] = new
            for held, new in zip(cache[2:], row[2:], strict=True):
                held[:, :, region, column] = new[:, :, 0]
        return logits

    def _hint(self, frames: Tensor, slot: int, cell: int) -> np.ndarray:
        key = self.config.stage == "keyframes"
        make = visibility.key_frame_hint if key else visibility.interpolation_hint
        return make(frames.numpy(), slot, cell, self.config.null_hint_id)


@lru_cache(maxsize=16)
def _regions_and_ranks(grid: int, window: Window | None) -> tuple[np.ndarray, np.ndarray]:
    """Region of every cell and how many earlier cells are in it, both int64 [C]."""
    regions = visibility.region_ids(grid, window).astype(np.int64)
    ranks = [(regions[:cell] == region).sum() for cell, region in enumerate(regions)]
    return regions, np.array(ranks, np.int64)


def _region_sizes(grid: int, window: Window | None) -> tuple[int, int]:
    """How many regions, and the cells of the largest."""
    regions, ranks = _regions_and_ranks(grid, window)
    return int(regions.max()) + 1, int(ranks.max()) + 1


@lru_cache(maxsize=64)
def _given_visible(
    stage: Stage, grid: int, window: Window | None, slots: tuple[int, ...], spatial: bool = False
) -> np.ndarray:
    """bool [n*C, n*C]: which cells of the given frames see which, n = len(slots)."""
    cells = grid * grid
    visible = np.zeros((len(slots) * cells, len(slots), cells), bool)
    for row, slot in enumerate(slots):
        own = slice(row * cells, (row + 1) * cells)
        if spatial:
            visible[own, row] = visibility.spatial_cells_visible(stage, grid)[slot]
            continue
        for cell in range(cells):
            seen = visibility.temporal_cells_visible(stage, grid, window, slot, cell)
            visible[row * cells + cell] = seen.reshape(-1, cells)[list(slots)]
    return visible.reshape(len(slots) * cells, len(slots) * cells)
