"""Decoding with given tokens: the cached step's logits at wanted positions.

The same code drives the torch step and the exported graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from training.transformer import visibility
from training.transformer.cached import CachedDecoder
from training.transformer.config import FRAMES, GIVEN_SLOTS, WANTED_SLOTS
from training.transformer.model import LayerCache


class TeacherForcedDecoder(CachedDecoder):
    """Also asks for logits of the frames that an interpolation window is given."""

    @torch.inference_mode()
    def logits_at(
        self, frames: Tensor, wanted: Sequence[np.ndarray], rows: int = 1
    ) -> list[np.ndarray]:
        """Logits float32 [P_b, K] of sequence b at `wanted[b]`, pairs (slot, cell) [P_b, 2].

        `frames` [B, 5, C] are the tokens; `rows` is how many cells a run takes at most (1 as the
        sampler runs). In first-frame mode only slot 0 is run.
        """
        codes = self.config.codes
        found = [np.full((len(pairs), codes), np.nan, np.float32) for pairs in wanted]
        for slot, cell, logits in self._steps(frames, _by_slot(wanted), rows):
            for b, pairs in enumerate(wanted):
                for index in np.flatnonzero((pairs == (slot, cell)).all(-1)):
                    found[b][index] = logits[b].numpy()
        return found

    def _steps(
        self, frames: Tensor, wanted: dict[int, list[int]], rows: int
    ) -> Iterator[tuple[int, int, Tensor]]:
        """(slot, cell, logits [B, K]) of all wanted positions, and of others on the way."""
        slots: Sequence[int] = range(1 if self.decoding.first_frame else FRAMES)
        if self.config.stage == "interpolation":
            prefilled = self.prefill_given(frames)
            for slot in GIVEN_SLOTS:
                for cell in wanted.get(slot, []):
                    yield slot, cell, self._given_logits(prefilled, frames, slot, cell)
            slots = WANTED_SLOTS
        for slot in slots:
            given = slot == 0 and not self.decoding.first_frame
            boost = self.decoding.boost_given or not given
            for cells in runs(wanted.get(slot, []), self.config.cells, rows):
                logits = self.run_cells(frames, slot, cells, boost)
                yield slot, cells.stop - 1, logits

    def _given_logits(
        self, prefilled: list[LayerCache], frames: Tensor, slot: int, cell: int
    ) -> Tensor:
        """Logits [B, K] of a cell of a given slot.

        A graph tells only the last row's logits, so the row is run again over the keys and values
        that the prefill made of all other rows.
        """
        config = self.config
        boi = self.opening[:, [slot]]
        ids = frames[:, slot, cell - 1 : cell] if cell else boi
        biases = self._given_biases(slot, cell)
        self._boost(biases[0], biases[1], 0, self.decoding.boost_given)
        first = config.text_slots + GIVEN_SLOTS.index(slot) * config.cells
        kept = torch.cat(
            [torch.arange(config.text_slots), torch.arange(first, first + config.cells)]
        )
        caches: list[LayerCache] = [
            (rows[0][:, :, kept], rows[1][:, :, kept], cache[2], cache[3])
            for rows, cache in zip(prefilled, self.caches, strict=True)
        ]
        position = visibility.image_position(config.text_slots, config.grid, slot, cell)
        return self._step(ids, None, torch.tensor([position]), biases, caches, boi)[0]

    def _given_biases(self, slot: int, cell: int) -> tuple[np.ndarray, np.ndarray]:
        """Biases over text and the row's own frame, and over text and five frames; the row's own
        key is the appended last column. Shapes as `visibility.frame_step`'s."""
        config = self.config
        text, cells = config.text_slots, config.cells
        spatial = np.ones((self.batch, 1, 1, text + cells + 1), bool)
        spatial[..., :text] = self.text_visible[:, None, None, :]
        spatial[..., text + cell] = False
        windows = list(config.windows) or [None]
        temporal = np.zeros((len(windows), self.batch, 1, 1, text + FRAMES * cells + 1), bool)
        temporal[..., :text] = self.text_visible[None, :, None, None, :]
        temporal[..., -1] = True
        for index, window in enumerate(windows):
            regions = visibility.region_ids(config.grid, window, self.decoding.wrapped)
            seen = np.zeros((FRAMES, cells), bool)
            seen[list(GIVEN_SLOTS)] = regions == regions[cell]
            seen[slot, cell] = False
            temporal[index, ..., text:-1] = seen.ravel()
        return visibility.as_bias(spatial), visibility.as_bias(temporal)


def runs(wanted: Sequence[int], cells: int, rows: int) -> Iterator[range]:
    """Cuts the cells of a frame into runs of at most `rows`; every wanted cell ends one."""
    ends = {*(cell + 1 for cell in wanted), cells}
    start = 0
    while start < cells:
        end = min(start + rows, min(e for e in ends if e > start))
        yield range(start, end)
        start = end


def _by_slot(wanted: Sequence[np.ndarray]) -> dict[int, list[int]]:
    """All wanted cells of each slot, ascending."""
    pairs = {(int(slot), int(cell)) for rows in wanted for slot, cell in rows}
    slots = {slot for slot, _ in pairs}
    return {slot: sorted(cell for s, cell in pairs if s == slot) for slot in slots}
