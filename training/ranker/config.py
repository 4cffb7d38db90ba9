"""Sizes and recipe of the ranker, one constant per preset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.presets import Preset, data_folder


@dataclass(frozen=True)
class RankerConfig:
    """Sizes of the network; grid and vocabularies are those of the transformer that it judges."""

    grid: int  # G, cells per side of a frame
    codes: int  # K; flat text ids start here
    pieces: int  # pieces of the caption tokenizer
    pad_piece: int
    line_break_piece: int  # ends the duration text
    code_width: int = 64  # of a token's embedding
    frame_width: int = 96  # of the convolutions that see one frame
    frame_blocks: int = 2  # residual blocks of those
    clip_width: int = 128  # of the convolutions that see all five
    label_width: int = 160  # of the layers before the labels
    text_width: int = 64  # of a piece's embedding


@dataclass(frozen=True)
class Recipe:
    """How a preset trains it."""

    code_width: int
    frame_width: int
    frame_blocks: int
    clip_width: int
    label_width: int
    text_width: int
    batch: int = 32  # clips per process and step
    muon_lr: float = 4e-3  # of kernels and matrices
    adam_lr: float = 1e-2  # of tables, vectors and heads
    weight_decay: float = 0.02
    smoothing: float = 0.02  # share of the target given to all classes alike
    held_out_clips: int = 400  # clips of held-out pairs that it is measured with

    def config(
        self, preset: Preset, pieces: int, pad_piece: int, line_break_piece: int
    ) -> RankerConfig:
        return RankerConfig(
            preset.grid,
            preset.codes,
            pieces,
            pad_piece,
            line_break_piece,
            self.code_width,
            self.frame_width,
            self.frame_blocks,
            self.clip_width,
            self.label_width,
            self.text_width,
        )


RANKER_RECIPES = {
    "micro": Recipe(16, 24, 1, 32, 32, 16, batch=16, adam_lr=2e-2, held_out_clips=64),
    "cpu": Recipe(64, 96, 2, 128, 160, 64),
}
"""Presets whose world is the subset `cpu`: the labels are its catalog's."""


def ranker_folder(preset: str) -> Path:
    """Where a preset's ranker is kept: ``checkpoint.pt`` (resumable) and ``final.pt``."""
    return data_folder(preset) / "ranker"
