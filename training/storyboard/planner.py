"""Reads the action off a prompt and hands out its storyboard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch.nn.functional as F
from torch import Tensor, nn

from training.common.checkpoint import load_checkpoint
from training.presets import Preset, data_folder
from training.text.caption_tokenizer import CaptionTokenizer
from training.world.subsets import subset_named

HIDDEN = 1e4
"""Subtracted from the weight of padding."""


@dataclass(frozen=True)
class PlannerConfig:
    """Sizes; the vocabulary is the caption tokenizer's."""

    codes: int  # K; flat text ids start here
    pieces: int
    pad_piece: int
    actions: int
    width: int = 32  # of a piece's embedding
    hidden: int = 64


class Planner(nn.Module):
    """The pieces of a prompt, in any order -> logits of its action, the last one "unstated"."""

    def __init__(self, config: PlannerConfig) -> None:
        super().__init__()
        self.config = config
        self.pieces = nn.Embedding(config.pieces, config.width)
        self.weights = nn.Embedding(config.pieces, 1)
        nn.init.zeros_(self.weights.weight)
        self.hidden = nn.Linear(config.width, config.hidden)
        self.head = nn.Linear(config.hidden, config.actions + 1)

    def forward(self, text: Tensor) -> Tensor:
        """text: flat ids int64 [B, L], padded -> logits [B, actions + 1]."""
        pieces = text - self.config.codes
        used = (pieces != self.config.pad_piece).float()[..., None]
        weights = (self.weights(pieces) + (used - 1) * HIDDEN).softmax(1)
        return self.head(F.relu(self.hidden((weights * self.pieces(pieces)).sum(1))))


def planner_config(preset: Preset, tokenizer: CaptionTokenizer) -> PlannerConfig:
    """The sizes that go with a preset and its caption tokenizer."""
    actions = len(subset_named(preset.subset).actions)
    return PlannerConfig(preset.codes, tokenizer.vocabulary_size, tokenizer.pad_id, actions)


def planner_folder(preset: str) -> Path:
    """Where a preset's planner is kept, as ``final.pt``."""
    return data_folder(preset) / "storyboard"


def load_planner(path: Path) -> Planner:
    """The trained planner in a checkpoint, ready for inference."""
    checkpoint = load_checkpoint(path)
    model = Planner(PlannerConfig(**checkpoint.config))
    model.load_state_dict(checkpoint.model)
    return model.eval().requires_grad_(False)
