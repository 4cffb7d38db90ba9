"""The clips of token sets with what their frames show."""

from __future__ import annotations

import numpy as np
from training.presets import Preset
from training.transformer.config import Kind
from training.transformer.storyboard import Storyboards, frame_times
from training.transformer.token_data import GUESTS
from training.transformer.tokens import TokenSet, join, token_file


def training_clips(preset: Preset, kind: Kind) -> tuple[TokenSet, Storyboards | None]:
    """The clips that a preset trains with, those of guests behind the own ones, and their
    storyboards, if its models read them."""
    clips, told = split_clips(preset, kind, "train")
    if not (guests := preset.guest_clips(kind)):
        return clips, told
    others, of_others = split_clips(preset, kind, GUESTS, guests)
    if told and of_others:
        told = Storyboards(np.concatenate([told.times, of_others.times]))
    return join([clips, others]), told


def split_clips(
    preset: Preset, kind: Kind, split: str, count: int | None = None
) -> tuple[TokenSet, Storyboards | None]:
    """The first `count` clips of a split (None: all), and their storyboards, if its models read
    them. ValueError if the set is shorter, or not that of the split today."""
    clips = TokenSet.load(token_file(preset.name, kind, split))
    clips = clips if count is None else clips.first(count)
    if not preset.storyboard:
        return clips, None
    return clips, Storyboards(frame_times(kind, split, clips, preset.subset))
