"""The clips that the ranker learns from and is measured with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from training.presets import Preset, data_folder
from training.ranker.batches import RankerBatches
from training.storyboard.plan import due_classes
from training.text.caption_tokenizer import CaptionTokenizer
from training.transformer.batches import Batches
from training.transformer.storyboard import classes_at, frame_times
from training.transformer.token_data import GUESTS, HELD_OUT, build_part, preset_world
from training.transformer.tokens import TokenSet, join, token_file
from training.vqvae.model import load_vqvae
from training.world.captions import stated_caption
from training.world.dataset import DURATION_TEXTS
from training.world.subsets import subset_named

CAPTION_DROPOUT = 0.05
"""Share of the sentences that are empty: nothing is stated then."""


def training_splits(preset: Preset) -> tuple[str, ...]:
    """The splits whose clips the ranker learns from, in the order in which they are numbered."""
    return ("train", GUESTS) if preset.guests else ("train",)


def key_clips(preset: Preset, splits: Iterable[str]) -> dict[str, TokenSet]:
    """The key frame clips of some splits; of guests as many as the preset says."""
    found = {split: TokenSet.load(token_file(preset.name, "key", split)) for split in splits}
    return {
        split: clips.first(preset.guest_clips("key")) if split == GUESTS else clips
        for split, clips in found.items()
    }


def batches_of(preset: Preset, clips: dict[str, TokenSet], size: int, seed: int) -> RankerBatches:
    """Batches of `size` clips of some splits, captioned with the preset's caption tokenizer."""
    tokenizer = CaptionTokenizer.load(data_folder(preset.name) / "tokenizer.json")
    config = preset.transformer("keyframes", tokenizer.vocabulary_size, tokenizer.pad_id)
    stages = [stage_classes(preset, part, split) for split, part in clips.items()]
    joined = join(list(clips.values()))
    return RankerBatches(
        Batches(config, joined, tokenizer, stated_caption, size, seed, CAPTION_DROPOUT),
        np.concatenate(stages),
        due_in_clips(preset, joined) if preset.storyboard else None,
    )


def due_in_clips(preset: Preset, clips: TokenSet) -> np.ndarray:
    """int64 [N, 5]: the stages of the storyboard that a drawn clip of each clip's action and
    duration is told."""
    rates = {text: rate for rate, text in DURATION_TEXTS.items()}
    subset = subset_named(preset.subset)
    pairs = zip(clips.scenes, clips.durations, strict=True)
    return np.array([due_classes(subset, scene.action, rates[text]) for scene, text in pairs])


def stage_classes(preset: Preset, clips: TokenSet, split: str) -> np.ndarray:
    """int64 [N, 5]: which of the world's stages (stages_of) every frame of a split's clips shows;
    ValueError if the clips are not those of the split in order."""
    times = frame_times("key", split, clips, preset.subset).tolist()
    rows = [classes_at(scene, row) for scene, row in zip(clips.scenes, times, strict=True)]
    return np.array(rows, np.int64)


def held_out_clips(preset: Preset, vqvae: Path, count: int) -> TokenSet:
    """Key frames of `count` scenes of held-out pairs, rendered and tokenised once."""
    path = token_file(preset.name, "key", HELD_OUT)
    if path.exists() and len(kept := TokenSet.load(path)) >= count:
        return kept
    world, model = preset_world(preset), load_vqvae(vqvae)
    clips = build_part("key", HELD_OUT, range(count), world, model, report=True)
    clips.save(path)
    return clips
