"""Training batches: key frames with what they show, sentences with what they state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.ranker.corruption import Corruption, corrupt
from training.ranker.model import CLIP_LABELS, FRAME_LABELS
from training.transformer.batches import Batches
from training.transformer.text_reader import LABELS, stated_labels

EVERYTHING = frozenset(LABELS)
UNCLEAR = -1
"""Label of what a damaged clip no longer shows; the losses count it as a class of its own."""
_NAMES = tuple(LABELS)
_OF_FRAMES = [_NAMES.index(name) for name in FRAME_LABELS]
_OF_CLIPS = [_NAMES.index(name) for name in CLIP_LABELS]


@dataclass(frozen=True)
class RankerBatch:
    """B clips with a sentence each."""

    text: Tensor  # int64 [B, L] flat ids
    tokens: Tensor  # int64 [B, 5, C], perhaps damaged
    frames: Tensor  # int64 [B, 5, len(FRAME_LABELS)] what each frame shows
    clip: Tensor  # int64 [B, len(CLIP_LABELS)] what the clip shows, UNCLEAR with foreign frames
    stated: Tensor  # int64 [B, len(LABELS)], UNSTATED where the sentence does not tell it

    def to(self, device: torch.device) -> RankerBatch:
        return RankerBatch(*(getattr(self, name).to(device) for name in self.__annotations__))


class RankerBatches:
    """Draws from the clips and captions of stage 1."""

    def __init__(self, clips: Batches) -> None:
        self.clips = clips
        self.labels = np.array([stated_labels(scene, EVERYTHING) for scene in clips.clips.scenes])
        """int [N, len(LABELS)]: what every clip really shows."""

    def __len__(self) -> int:
        return len(self.labels)

    def training(self, rng: np.random.Generator, how: Corruption | None = None) -> RankerBatch:
        """Any clips, damaged as `how` says, some without a prompt."""
        chosen = rng.integers(len(self), size=self.clips.size)
        batch = self.clips.batch(chosen.tolist(), rng, self.clips.caption_dropout)
        tokens, shows = corrupt(batch.tokens.numpy(), self.clips.config.codes, rng, how)
        labels = self.labels[chosen]
        own = (shows == np.arange(len(chosen))[:, None]).all(1, keepdims=True)
        clip = np.where(own, labels[:, _OF_CLIPS], UNCLEAR)
        parts = (tokens, labels[shows][..., _OF_FRAMES], clip)
        return RankerBatch(batch.text, *(torch.from_numpy(part) for part in parts), batch.labels)

    def whole(self, indices: list[int], seed: int = 0) -> RankerBatch:
        """The clips `indices` as they are, with captions that depend on `seed` and indices."""
        batch = self.clips.batch(indices, np.random.default_rng([seed, indices[0]]))
        labels = torch.from_numpy(self.labels[indices])
        frames = labels[:, None, _OF_FRAMES].expand(-1, batch.tokens.shape[1], -1)
        return RankerBatch(batch.text, batch.tokens, frames, labels[:, _OF_CLIPS], batch.labels)
