"""Key frames whose cells are masked, in torch: text once, then passes over frame after frame."""

from __future__ import annotations

import torch
from torch import Tensor
from training.transformer import visibility
from training.transformer.cached import CachedDecoder
from training.transformer.config import NOT_DRAWN
from training.transformer.model import Transformer


class MaskedKeyFrames:
    """Predicts one key frame of B sequences after the other. text: flat ids [B, <=T]; opening: flat
    ids [B, 5] of the storyboards, None: BOI.

    A finished frame is kept as drawing cell by cell would have left it in the caches.
    """

    def __init__(self, model: Transformer, text: Tensor, opening: Tensor | None = None) -> None:
        self.model, self.config = model, model.config
        decoder = CachedDecoder(model, text, opening=opening)
        slots = self.config.text_slots
        self.caches = [
            (key[:, :, :slots], value[:, :, :slots], to_key[:, :, :slots], to_value[:, :, :slots])
            for key, value, to_key, to_value in decoder.caches
        ]
        self.text, self.opening = decoder.text, decoder.opening
        self.text_visible = decoder.text_visible
        self.finished: list[Tensor] = []
        """Tokens int64 [B, C] of every finished frame."""

    def logits(self, tokens: Tensor) -> Tensor:
        """tokens int64 [B, C] of the next frame, NOT_DRAWN where hidden -> logits [B, C, K]."""
        opening = self.opening[:, [len(self.finished)]]
        ids = torch.where(tokens == NOT_DRAWN, opening, tokens)
        return self._run(ids, torch.arange(tokens.shape[1]), causal=False)[0]

    def finish(self, tokens: Tensor) -> None:
        """Goes on behind the next frame, whose tokens are int64 [B, C]."""
        opening = self.opening[:, [len(self.finished)]]
        ids = torch.cat([opening, tokens[:, :-1]], dim=1)
        last = torch.tensor([tokens.shape[1] - 1])
        _, rows = self._run(ids, last, causal=True)
        self.caches = [
            (key, value, torch.cat([to_key, new[2]], dim=2), torch.cat([to_value, new[3]], dim=2))
            for (key, value, to_key, to_value), new in zip(self.caches, rows, strict=True)
        ]
        self.finished.append(tokens)

    def _run(self, ids: Tensor, asked: Tensor, causal: bool) -> tuple[Tensor, list]:
        config, slot = self.config, len(self.finished)
        biases = visibility.masked_frame_rows(
            self.text_visible, config.grid, config.windows, slot, causal
        )
        first = visibility.image_position(config.text_slots, config.grid, slot, 0)
        positions = torch.arange(first, first + config.cells).expand(len(ids), -1)
        return self.model.step(
            ids, self._hints(ids), positions, *map(torch.from_numpy, biases), self.caches,
            self.text, None, asked,
        )  # fmt: skip

    def _hints(self, ids: Tensor) -> Tensor | None:
        """int64 [B, C, 2]: the tokens of the frame before or null hints, and the id that opens the
        frame."""
        if not self.config.hints:
            return None
        hints = torch.full((*ids.shape, 2), self.config.null_hint_id)
        hints[..., 1] = self.opening[:, [len(self.finished)]]
        if self.finished:
            hints[..., 0] = self.finished[-1]
        return hints
