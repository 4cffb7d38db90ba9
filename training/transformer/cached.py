"""Decoding with caches in torch: the same feeds as the ONNX runtime gets, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from training.transformer import visibility
from training.transformer.config import FRAMES, GIVEN_SLOTS
from training.transformer.model import LayerCache, Transformer


@dataclass(frozen=True)
class Decoding:
    """CogVideo's variations of how a batch is decoded; the defaults are those of other models."""

    text_boost: float | tuple[float, ...] = 0.0  # added to text keys' scores, one for all or each
    boost_given: bool = True  # False: not in the temporal channel of given frames (the release)
    first_frame: bool = False  # base channel alone, for models with `base_first_frame`
    wrapped: bool = False  # given frames without the seam mask of shifted windows (the release)
    lag: int = 0  # cells by which frames follow one another if drawn in parallel; 0: one by one


class CachedDecoder:
    """Caches of B sequences over one text each; feeds `Transformer.step` and stores its rows.

    text: flat ids [B, <=T]; shorter texts are padded on the right. opening: flat ids [B, 5] that
    open the frames; None: BOI. keeps: False for who wants the rows of `prefill_given` alone.
    """

    def __init__(
        self,
        model: Transformer,
        text: Tensor,
        decoding: Decoding | None = None,
        opening: Tensor | None = None,
        keeps: bool = True,
    ) -> None:
        self.model = model
        self.config = config = model.config
        self.decoding = decoding or Decoding()
        self.keeps = keeps
        padding = config.text_slots - text.shape[1]
        if padding < 0:
            raise ValueError(f"text has {text.shape[1]} ids, more than {config.text_slots} slots")
        self.text = torch.nn.functional.pad(text, (0, padding), value=config.pad_id)
        self.text_visible = (self.text != config.pad_id).cpu().numpy()
        self.batch = text.shape[0]
        self.device = self.text.device
        boi = torch.full((self.batch, FRAMES), config.boi_id, device=self.device)
        self.opening = boi if opening is None else opening.to(boi)
        boost = np.broadcast_to(np.float32(self.decoding.text_boost), (self.batch,))
        self.boost = boost[:, None, None, None]
        self.caches = model.empty_caches(
            self.batch if keeps else 0,
            visibility.spatial_capacity(config.text_slots, config.grid),
            visibility.temporal_capacity(config.text_slots, config.grid),
        )
        if config.stage == "keyframes":
            self._prefill_text()

    def next_logits(self, frames: Tensor, slot: int, cell: int) -> Tensor:
        """Logits [B, K] of one cell. `frames` [B, 5, C] holds at least the tokens before it.

        Cells must be asked for in order within a slot; the row's keys enter the caches.
        """
        return self.run_cells(frames, slot, range(cell, cell + 1))

    def run_cells(
        self, frames: Tensor, slot: int, cells: range, boost_temporal: bool = True
    ) -> Tensor:
        """Runs neighbouring cells of one slot at once; logits [B, K] of the last one.

        So a given first frame of key frames enters the caches in one run. `frames` [B, 5, C] holds
        the tokens before each cell; cells before `cells` are in the caches already.
        """
        config = self.config
        inputs = torch.cat([self.opening[:, [slot]], frames[:, slot, : cells.stop - 1]], dim=1)
        hints = self._hints(frames, [(slot, cell) for cell in cells])
        first = visibility.image_position(config.text_slots, config.grid, slot, cells.start)
        spatial, temporal = visibility.frame_rows(
            config.stage,
            self.text_visible,
            config.grid,
            config.windows,
            slot,
            cells,
            self.decoding.lag,
        )
        self._boost(spatial, temporal, 0, boost_temporal)
        positions = torch.arange(first, first + len(cells))
        logits, rows = self._step(
            inputs[:, cells.start :], hints, positions, (spatial, temporal), self.caches,
            self.opening[:, [slot]].expand(-1, len(cells)),
        )  # fmt: skip
        slots = config.text_slots + torch.arange(cells.start, cells.stop)
        self._store(rows, slots, positions)
        return logits

    def prefill_first_frame(self, frames: Tensor) -> None:
        """Runs the given slot 0 of `frames` [B, 5, C] in one run; key frames only."""
        cells = range(self.config.cells)
        self.run_cells(frames, 0, cells, self.decoding.boost_given)

    def prefill_given(self, frames: Tensor) -> list[LayerCache]:
        """Runs the text and the given slots 0, 2, 4 of `frames` [B, 5, C]; interpolation only.

        Returns the rows' keys and values [B, H, T + 3*C, D], of which the spatial ones of the
        given frames are not needed to go on.
        """
        config = self.config
        given = frames[:, list(GIVEN_SLOTS)]
        opening = self.opening[:, list(GIVEN_SLOTS), None]
        inputs = torch.cat([opening, given[..., :-1]], dim=-1).reshape(self.batch, -1)
        ids = torch.cat([self.text, inputs], dim=1)
        biases = visibility.interpolation_prefill(
            self.text_visible, config.grid, config.windows, self.decoding.wrapped
        )
        self._boost(*biases, 1, self.decoding.boost_given)
        rows = self._prefill(ids, biases)
        if not self.keeps:
            return rows
        text = torch.arange(config.text_slots)
        positions = visibility.prefill_positions(config.stage, config.text_slots, config.grid)
        text_rows = [(k[:, :, text], v[:, :, text]) for k, v, _, _ in rows]
        for cache, (k, v) in zip(self.caches, text_rows, strict=True):
            cache[0][:, :, text], cache[1][:, :, text] = k, v
        slots = torch.from_numpy(positions).long()
        for cache, (_, _, k, v) in zip(self.caches, rows, strict=True):
            cache[2][:, :, slots], cache[3][:, :, slots] = k, v
        return rows

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
        dummy = self.model.empty_caches(self.batch, 1, 1)
        opening = torch.full_like(ids, config.boi_id)  # of text rows, which it adds nothing to
        if config.stage == "interpolation":
            given = self.opening[:, list(GIVEN_SLOTS)].repeat_interleave(config.cells, dim=1)
            opening[:, config.text_slots :] = given
        cells = torch.from_numpy(positions).long()
        return self._step(ids, hints, cells, biases, dummy, opening)[1]

    def _step(
        self,
        ids: Tensor,
        hints: Tensor | None,
        positions: Tensor,
        biases: tuple[np.ndarray, np.ndarray],
        caches: list[LayerCache],
        opening: Tensor,
    ) -> tuple[Tensor, list[LayerCache]]:
        """`Transformer.step` with positions [S] and biases that all sequences' rows share; opening:
        the id that opens each row's frame [B, S]."""
        share = None
        if self.config.base_first_frame:
            value = 0.0 if self.decoding.first_frame else 1.0
            share = torch.full((self.batch, 1, 1), value, device=self.device)
        spatial, temporal = (torch.from_numpy(bias).to(self.device) for bias in biases)
        repeated = positions.to(self.device)[None].expand(self.batch, -1)
        if not self.config.masked:
            return self.model.step(
                ids, hints, repeated, spatial, temporal, caches, self.text, share, None, opening
            )
        last = torch.tensor([ids.shape[1] - 1], device=self.device)
        logits, rows = self.model.step(
            ids, hints, repeated, spatial, temporal, caches, self.text, share, last, opening
        )
        return logits[:, 0], rows

    def _boost(
        self, spatial: np.ndarray, temporal: np.ndarray, start: int, in_temporal: bool
    ) -> None:
        """Adds the text boost to the columns of the text, which begin at `start`.

        Text rows see nothing but text: for them the boost changes nothing.
        """
        columns = slice(start, start + self.config.text_slots)
        spatial[..., columns] += self.boost
        if in_temporal:
            temporal[..., columns] += self.boost

    def _hints(self, frames: Tensor, cells: Sequence[tuple[int, int]]) -> Tensor | None:
        """[B, S, 2] of the asked cells."""
        if not self.config.hints:
            return None
        codes, null = frames.cpu().numpy(), self.config.null_hint_id
        if self.config.stage == "keyframes":
            opening = self.opening.cpu().numpy()
            rows = [visibility.key_frame_hint(codes, s, c, null, opening) for s, c in cells]
        else:
            rows = [visibility.interpolation_hint(codes, s, c, null) for s, c in cells]
        return torch.from_numpy(np.stack(rows, axis=1)).to(self.device)

    def _store(self, rows: list[LayerCache], spatial: Tensor, temporal: Tensor) -> None:
        for cache, new in zip(self.caches, rows, strict=True):
            for index, slots in ((0, spatial), (1, spatial), (2, temporal), (3, temporal)):
                cache[index][:, :, slots] = new[index]
