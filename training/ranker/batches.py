"""Training batches: key frames with what they show, sentences with what they state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.ranker.corruption import Corruption, corrupt
from training.ranker.model import CLIP_LABELS, FRAME_LABELS
from training.ranker.redrawn import Redrawn
from training.transformer.batches import Batches
from training.transformer.text_reader import LABELS, UNSTATED, stated_labels

EVERYTHING = frozenset(LABELS)
UNCLEAR = -1
"""Label of what a damaged clip no longer shows; the losses count it as a class of its own."""
IGNORED = -2
"""Label of what nothing tells yet, or what has no class: no loss."""
BEGINNINGS = 0.6
"""Share of the training clips of which only the first one to four frames are drawn."""
_NAMES = tuple(LABELS)
_OF_FRAMES = [_NAMES.index(name) for name in FRAME_LABELS]
_OF_CLIPS = [_NAMES.index(name) for name in CLIP_LABELS]


@dataclass(frozen=True)
class RankerBatch:
    """B clips with a sentence each."""

    text: Tensor  # int64 [B, L] flat ids
    tokens: Tensor  # int64 [B, 5, C], perhaps damaged; the code K in frames that are not drawn yet
    frames: Tensor  # int64 [B, 5, len(FRAME_LABELS)] what each frame shows, IGNORED if not drawn
    stages: Tensor  # int64 [B, 5] the stage of each frame, drawn or not, UNCLEAR if foreign
    due: Tensor  # int64 [B, 5] the stage that each frame should show of such a clip, or IGNORED
    clip: Tensor  # int64 [B, len(CLIP_LABELS)] what the clip shows, UNCLEAR with foreign frames
    stated: Tensor  # int64 [B, len(LABELS)], UNSTATED where the sentence does not tell it

    def to(self, device: torch.device) -> RankerBatch:
        return RankerBatch(*(getattr(self, name).to(device) for name in self.__annotations__))


class RankerBatches:
    """Draws from the clips and captions of stage 1. stages: int [N, 5], classes of
    `training.ranker.model.STAGES` that the clips' frames show; due: int [N, 5] those that drawn
    clips like them are told to show, by default the same."""

    def __init__(self, clips: Batches, stages: np.ndarray, due: np.ndarray | None = None) -> None:
        self.clips, self.stages = clips, stages
        self.due = stages if due is None else due
        self.labels = np.array([stated_labels(scene, EVERYTHING) for scene in clips.clips.scenes])
        """int [N, len(LABELS)]: what every clip really shows; IGNORED: who a guest is."""
        self.labels[self.labels == UNSTATED] = IGNORED
        self.redrawn: Redrawn | None = None
        """Versions of some of the clips as stage 1 draws them; training mixes them in."""

    def __len__(self) -> int:
        return len(self.labels)

    def training(
        self,
        rng: np.random.Generator,
        how: Corruption | None = None,
        beginnings: float = BEGINNINGS,
    ) -> RankerBatch:
        """Any clips, damaged as `how` says, the share `beginnings` of them cut off, some without a
        prompt."""
        chosen = rng.integers(len(self), size=self.clips.size)
        batch = self.clips.batch(chosen.tolist(), rng, self.clips.caption_dropout)
        codes = self.clips.config.codes
        tokens = batch.tokens.numpy()
        if self.redrawn is not None:
            tokens = self.redrawn.mixed_into(tokens, chosen, rng)
        tokens, shows = corrupt(tokens, codes, rng, how)
        drawn = drawn_frames(len(chosen), tokens.shape[1], beginnings, rng)
        tokens[~drawn] = codes
        labels = self.labels[chosen]
        own = shows == np.arange(len(chosen))[:, None]
        whole = (own | ~drawn).all(1, keepdims=True)
        frames = np.where(drawn[..., None], labels[shows][..., _OF_FRAMES], IGNORED)
        stages = np.where(own | ~drawn, self.stages[chosen], UNCLEAR)
        due = np.where(whole, self.due[chosen], IGNORED)
        clip = np.where(whole, labels[:, _OF_CLIPS], UNCLEAR)
        parts = (tokens, frames, stages, due, clip)
        return RankerBatch(batch.text, *(torch.from_numpy(part) for part in parts), batch.labels)

    def whole(self, indices: list[int], seed: int = 0) -> RankerBatch:
        """The clips `indices` as they are, with captions that depend on `seed` and indices."""
        batch = self.clips.batch(indices, np.random.default_rng([seed, indices[0]]))
        labels = torch.from_numpy(self.labels[indices])
        frames = labels[:, None, _OF_FRAMES].expand(-1, batch.tokens.shape[1], -1)
        stages, due = (torch.from_numpy(rows[indices]) for rows in (self.stages, self.due))
        return RankerBatch(
            batch.text, batch.tokens, frames, stages, due, labels[:, _OF_CLIPS], batch.labels
        )


def drawn_frames(
    clips: int, frames: int, beginnings: float, rng: np.random.Generator
) -> np.ndarray:
    """bool [clips, frames]: which are drawn; of the share `beginnings` of the clips the first 1 to
    frames - 1."""
    counts = rng.integers(1, frames, clips)
    counts[rng.random(clips) >= beginnings] = frames
    return np.arange(frames) < counts[:, None]
