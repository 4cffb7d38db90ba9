"""What the page calls the stages of storyboards."""

from __future__ import annotations

from training.transformer.config import TransformerConfig
from training.world.visible_stages import stages_of

_NAMES = {
    "approach": ("comes", "走近"),
    "attack": ("attacks", "攻击"),
    "brake": ("brakes", "刹车"),
    "cheer": ("cheers", "欢呼"),
    "drink": ("drinks", "喝水"),
    "drive": ("drives", "行驶"),
    "eat": ("eats", "吃"),
    "land": ("lands", "落地"),
    "leap": ("leaps", "跃起"),
    "lower": ("bends down", "低头"),
    "parked": ("stands still", "停住"),
    "raise": ("looks up", "抬头"),
    "run": ("runs", "跑"),
    "run_up": ("runs up", "助跑"),
    "sit": ("sits", "坐着"),
    "sit_down": ("sits down", "坐下"),
    "stand": ("stands", "站立"),
    "swim": ("swims", "游"),
    "walk": ("walks", "走"),
    "walk_toward": ("comes closer", "走来"),
}


def stage_entries(config: TransformerConfig, subset: str) -> list[dict[str, int | str]]:
    """The manifest's `storyboard.stages`: the id that opens a frame of each stage and its names.
    ValueError names a stage that has none here."""
    names = stages_of(subset)
    if missing := [name for name in names if name not in _NAMES]:
        raise ValueError(f"stages without a name for the page: {', '.join(missing)}")
    return [
        {"id": config.first_stage_id + index, "en": _NAMES[name][0], "zh": _NAMES[name][1]}
        for index, name in enumerate(names)
    ]
