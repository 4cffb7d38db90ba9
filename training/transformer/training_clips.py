"""The clips of token sets with what their frames show."""

from __future__ import annotations

from training.presets import Preset
from training.transformer.config import Kind
from training.transformer.storyboard import Storyboards
from training.transformer.token_data import FRONT_VIEWS, GUESTS, MEDLEYS, preset_world
from training.transformer.tokens import TokenSet, join, token_file


def training_clips(preset: Preset, kind: Kind) -> tuple[TokenSet, Storyboards | None]:
    """The clips that a preset trains with, those of guests, medleys and front views behind the own
    ones, and their storyboards, if its models read them."""
    further = {
        GUESTS: preset.guest_clips(kind),
        MEDLEYS: preset.medley_clips(kind),
        FRONT_VIEWS: preset.front_views(kind),
    }
    parts = [split_clips(preset, kind, "train")]
    parts += [split_clips(preset, kind, split, n) for split, n in further.items() if n]
    told = [storyboards for _, storyboards in parts if storyboards]
    return join([clips for clips, _ in parts]), Storyboards.joined(told) if told else None


def split_clips(
    preset: Preset, kind: Kind, split: str, count: int | None = None
) -> tuple[TokenSet, Storyboards | None]:
    """The first `count` clips of a split (None: all), and their storyboards, if its models read
    them. ValueError if the set is shorter, or not that of the split today."""
    clips = TokenSet.load(token_file(preset.name, kind, split))
    clips = clips if count is None else clips.first(count)
    if not preset.storyboard:
        return clips, None
    told = preset.columns and (kind == "key" or preset.interpolation_rows)
    world = preset_world(preset) if told else None
    return clips, Storyboards.of_split(kind, split, clips, preset.subset, world)
