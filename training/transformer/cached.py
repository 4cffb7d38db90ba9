"""Decoding with caches in torch: the same feeds as the ONNX runtime gets, row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from training.transformer import visibility
from training.transformer.config import GIVEN_SLOTS
from training.transformer.model import LayerCache, Transformer


class CachedDecoder:
    """Caches of B sequences over one text each; feeds `Transformer.step` and stores its rows.

    text: flat ids [B, <=T]; shorter texts are padded on the right.
    """

    def __init__(self, model: Transformer, text: Tensor) -> None:
        self.model = model
        self.config = config = model.config
        padding = config.text_slots - text.shape[1]
        if padding < 0:
            raise ValueError(f"text has {text.shape[1]} ids, more than {config.text_slots} slots")
        self.text = torch.nn.functional.pad(text, (0, padding), value=config.pad_id)
        self.text_visible = (self.text != config.pad_id).cpu().numpy()
        self.batch = text.shape[0]
        self.device = self.text.device
        self.caches = model.empty_caches(
            self.batch,
            visibility.spatial_capacity(config.text_slots, config.grid),
            visibility.temporal_capacity(config.text_slots, config.grid),
        )
        if config.stage == "keyframes":
            self._prefill_text()

    def next_logits(self, frames: Tensor, slot: int, cell: int) -> Tensor:
        """Logits [B, K] of one cell. `frames` [B, 5, C] holds at least the tokens before it.

        Cells must be asked for in order within a slot; the row's keys enter the caches.
        """
        config = self.config
        token = frames[:, slot, cell - 1 : cell] if cell else self._boi()
        hints = self._hints(frames, [(slot, cell)])
        position = visibility.image_position(config.text_slots, config.grid, slot, cell)
        spatial, temporal = self._step_biases(slot, cell)
        logits, rows = self.model.step(
            token, hints, self._repeat([position]), spatial, temporal, self.caches, self.text
        )
        self._store(rows, torch.tensor([config.text_slots + cell]), torch.tensor([position]))
        return logits

    def prefill_given(self, frames: Tensor) -> None:
        """Runs the text and the given slots 0, 2, 4 of `frames` [B, 5, C]; interpolation only."""
        config = self.config
        given = frames[:, list(GIVEN_SLOTS)]
        boi = self._boi()[:, None].expand(-1, len(GIVEN_SLOTS), -1)
        inputs = torch.cat([boi, given[..., :-1]], dim=-1).reshape(self.batch, -1)
        ids = torch.cat([self.text, inputs], dim=1)
        biases = visibility.interpolation_prefill(self.text_visible, config.grid, config.windows)
        rows = self._prefill(ids, biases)
        text = torch.arange(config.text_slots)
        positions = visibility.prefill_positions(config.stage, config.text_slots, config.grid)
        text_rows = [(k[:, :, text], v[:, :, text]) for k, v, _, _ in rows]
        for cache, (k, v) in zip(self.caches, text_rows, strict=True):
            cache[0][:, :, text], cache[1][:, :, text] = k, v
        slots = torch.from_numpy(positions).long()
        for cache, (_, _, k, v) in zip(self.caches, rows, strict=True):
            cache[2][:, :, slots], cache[3][:, :, slots] = k, v

    def _prefill_text(self) -> None:
        biases = visibility.text_prefill(self.text_visible, self.config.windows)
        rows = self._prefill(self.text, biases)
        slots = torch.arange(self.config.text_slots)
        self._store(rows, slots, slots)

    def _prefill(self, ids: Tensor, biases: tuple[np.ndarray, np.ndarray]) -> list[LayerCache]:
        """One run after a hidden dummy slot; hints are null in every prefilled row."""
        config = self.config
        positions = visibility.prefill_positions(config.stage, config.text_slots, config.grid)
        hints = None
        if config.hints:
            hints = torch.full((*ids.shape, 2), config.null_hint_id, device=self.device)
        spatial, temporal = (torch.from_numpy(b).to(self.device) for b in biases)
        dummy = self.model.empty_caches(self.batch, 1, 1)
        return self.model.step(
            ids, hints, self._repeat(positions.tolist()), spatial, temporal, dummy, self.text
        )[1]

    def _hints(self, frames: Tensor, cells: Sequence[tuple[int, int]]) -> Tensor | None:
        """[B, S, 2] of the asked cells."""
        if not self.config.hints:
            return None
        make = (
            visibility.key_frame_hint
            if self.config.stage == "keyframes"
            else visibility.interpolation_hint
        )
        codes = frames.cpu().numpy()
        rows = [make(codes, slot, cell, self.config.null_hint_id) for slot, cell in cells]
        return torch.from_numpy(np.stack(rows, axis=1)).to(self.device)

    def _step_biases(self, slot: int, cell: int) -> tuple[Tensor, Tensor]:
        config = self.config
        spatial, temporal = visibility.frame_step(
            config.stage, self.text_visible, config.grid, config.windows, slot, cell
        )
        return torch.from_numpy(spatial).to(self.device), torch.from_numpy(temporal).to(self.device)

    def _store(self, rows: list[LayerCache], spatial: Tensor, temporal: Tensor) -> None:
        for cache, new in zip(self.caches, rows, strict=True):
            for index, slots in ((0, spatial), (1, spatial), (2, temporal), (3, temporal)):
                cache[index][:, :, slots] = new[index]

    def _boi(self) -> Tensor:
        return torch.full((self.batch, 1), self.config.boi_id, device=self.device)

    def _repeat(self, positions: Sequence[int]) -> Tensor:
        row = torch.tensor(positions, device=self.device)
        return row[None].expand(self.batch, -1)
