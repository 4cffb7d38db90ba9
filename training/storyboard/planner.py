"""Reads the action off a prompt, and, where paths are planned, what else they depend on."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.common.checkpoint import load_checkpoint
from training.presets import Preset, data_folder
from training.storyboard.axes import path_shape
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
    pair_width: int = 16  # of the embedding of two neighbouring pieces
    paths: tuple[int, ...] = ()  # shape of the table of paths (axes.path_shape); empty: none


class PairReader(nn.Module):
    """Pieces int64 [B, L], and 0 or -HIDDEN [B, L, 1] for used ones and padding -> logits
    [B, classes], read off pairs of neighbours."""

    def __init__(self, config: PlannerConfig, classes: int) -> None:
        super().__init__()
        self.pad_piece = config.pad_piece
        self.own = nn.Embedding(config.pieces, config.pair_width)
        self.before = nn.Embedding(config.pieces, config.pair_width)
        self.weights = nn.Embedding(config.pieces, 1)
        nn.init.zeros_(self.weights.weight)
        self.head = nn.Linear(config.pair_width, classes)

    def forward(self, pieces: Tensor, hidden: Tensor) -> Tensor:
        before = F.pad(pieces[:, :-1], (1, 0), value=self.pad_piece)
        pairs = F.relu(self.own(pieces) + self.before(before))
        weights = (self.weights(pieces) + hidden).softmax(1)
        return self.head((weights * pairs).sum(1))


class Planner(nn.Module):
    """The pieces of a prompt, in any order -> logits of its action, the last one "unstated".

    With paths also of its direction and ground, in one row behind them. These are read off pairs of
    neighbouring pieces: "from left to right" and "from right to left" are the same words.
    """

    def __init__(self, config: PlannerConfig) -> None:
        super().__init__()
        self.config = config
        self.pieces = nn.Embedding(config.pieces, config.width)
        self.weights = nn.Embedding(config.pieces, 1)
        nn.init.zeros_(self.weights.weight)
        self.hidden = nn.Linear(config.width, config.hidden)
        self.head = nn.Linear(config.hidden, self.classes[0])
        paths = torch.zeros(config.paths, dtype=torch.int32) if config.paths else None
        self.register_buffer("paths", paths)
        self.kinds = PairReader(config, sum(self.classes[1:])) if config.paths else None

    def forward(self, text: Tensor) -> Tensor:
        """text: flat ids int64 [B, L], padded -> logits [B, sum(classes)]."""
        pieces = text - self.config.codes
        hidden = (pieces == self.config.pad_piece).float()[..., None] * -HIDDEN
        weights = (self.weights(pieces) + hidden).softmax(1)
        action = self.head(F.relu(self.hidden((weights * self.pieces(pieces)).sum(1))))
        if self.kinds is None:
            return action
        return torch.cat([action, self.kinds(pieces, hidden)], dim=1)

    @property
    def classes(self) -> list[int]:
        """Classes of the action, then of every other axis of paths."""
        return [self.config.actions + 1, *self.config.paths[1:-3]]

    def read(self, text: Tensor, labels: Tensor) -> list[tuple[Tensor, Tensor]]:
        """What is read off texts beside what they state: logits [B, classes] and labels [B] of
        every axis, of `labels` [B, 3] as far as there are axes."""
        parts = self(text).split(self.classes, dim=1)
        return list(zip(parts, labels.T[: len(parts)], strict=True))

    @property
    def known_paths(self) -> np.ndarray | None:
        """The table of paths, int32 [actions, ..., paths, rates, times]."""
        return None if self.paths is None else self.paths.numpy()

    def plan(self, text: Tensor) -> Tensor:
        """text: as `forward` -> int64 [B], the row of `plan.storyboard_table`."""
        action, *kinds = (x.argmax(1) for x in self(text).split(self.classes, dim=1))
        for kind, count in zip(kinds, self.classes[1:], strict=True):
            action = action * count + kind
        # Any kind of clip whose action nobody states has the last row.
        return action.clamp(max=self.config.actions * prod(self.classes[1:]))


def planner_config(preset: Preset, tokenizer: CaptionTokenizer) -> PlannerConfig:
    """The sizes that go with a preset and its caption tokenizer."""
    subset = subset_named(preset.subset)
    codes, pieces, pad = preset.codes, tokenizer.vocabulary_size, tokenizer.pad_id
    paths = path_shape(subset) if preset.columns else ()
    return PlannerConfig(codes, pieces, pad, len(subset.actions), paths=paths)


def planner_folder(preset: str) -> Path:
    """Where a preset's planner is kept, as ``final.pt``."""
    return data_folder(preset) / "storyboard"


def load_planner(path: Path) -> Planner:
    """The trained planner in a checkpoint, ready for inference."""
    checkpoint = load_checkpoint(path)
    paths = tuple(checkpoint.config.get("paths", ()))
    model = Planner(PlannerConfig(**{**checkpoint.config, "paths": paths}))
    model.load_state_dict(checkpoint.model)
    return model.eval().requires_grad_(False)
