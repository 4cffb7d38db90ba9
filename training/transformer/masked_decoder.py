"""Interpolation windows whose cells are masked, in torch: given frames once, then passes."""

from __future__ import annotations

import torch
from torch import Tensor
from training.transformer import visibility
from training.transformer.cached import CachedDecoder
from training.transformer.config import GIVEN_SLOTS, NOT_DRAWN, WANTED_SLOTS
from training.transformer.model import Transformer


class MaskedDecoder:
    """Predicts both wanted frames of B windows. text: flat ids [B, <=T]; frames: tokens [B, 5, C],
    of which slots 0, 2 and 4 are read; opening: flat ids [B, 5] of the storyboards, None: BOI."""

    def __init__(
        self, model: Transformer, text: Tensor, frames: Tensor, opening: Tensor | None = None
    ) -> None:
        config = model.config
        self.model, self.config = model, config
        decoder = CachedDecoder(model, text, opening=opening, keeps=False)
        slots = config.text_slots
        self.caches = [
            (key[:, :, :slots], value[:, :, :slots], temporal_key, temporal_value)
            for key, value, temporal_key, temporal_value in decoder.prefill_given(frames)
        ]
        self.opening = decoder.opening[:, list(WANTED_SLOTS)].repeat_interleave(config.cells, dim=1)
        self.text = decoder.text
        self.hints = self._hints(frames)
        biases = visibility.masked_rows(decoder.text_visible, config.grid, config.windows)
        self.biases = [torch.from_numpy(bias) for bias in biases]
        positions = visibility.masked_positions(config.text_slots, config.grid)
        self.positions = torch.from_numpy(positions).long().expand(len(frames), -1)

    def logits(self, tokens: Tensor) -> Tensor:
        """tokens int64 [B, 2*C] of slots 1 and 3, NOT_DRAWN where hidden -> logits [B, 2*C, K]."""
        ids = torch.where(tokens == NOT_DRAWN, self.opening, tokens)
        rows = torch.arange(tokens.shape[1])
        return self.model.step(
            ids, self.hints, self.positions, *self.biases, self.caches, self.text, None, rows,
            self.opening,
        )[0]  # fmt: skip

    def _hints(self, frames: Tensor) -> Tensor | None:
        """int64 [B, 2*C, 2]: the tokens of the frames before and after."""
        if not self.config.hints:
            return None
        first, middle, last = (frames[:, slot] for slot in GIVEN_SLOTS)
        pairs = [torch.stack([first, middle], -1), torch.stack([middle, last], -1)]
        return torch.cat(pairs, dim=1)
