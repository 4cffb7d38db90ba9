"""The clips that the ranker learns from and is measured with."""

from __future__ import annotations

from pathlib import Path

from training.presets import Preset, data_folder
from training.ranker.batches import RankerBatches
from training.text.caption_tokenizer import CaptionTokenizer
from training.transformer.batches import Batches
from training.transformer.token_data import HELD_OUT, build_part, preset_world
from training.transformer.tokens import TokenSet, token_file
from training.vqvae.model import load_vqvae
from training.world.captions import stated_caption

CAPTION_DROPOUT = 0.05
"""Share of the sentences that are empty: nothing is stated then."""


def batches_of(preset: Preset, clips: TokenSet, size: int, seed: int) -> RankerBatches:
    """Batches of `size` clips, captioned with the preset's caption tokenizer."""
    tokenizer = CaptionTokenizer.load(data_folder(preset.name) / "tokenizer.json")
    config = preset.transformer("keyframes", tokenizer.vocabulary_size, tokenizer.pad_id)
    return RankerBatches(
        Batches(config, clips, tokenizer, stated_caption, size, seed, CAPTION_DROPOUT)
    )


def held_out_clips(preset: Preset, vqvae: Path, count: int) -> TokenSet:
    """Key frames of `count` scenes of held-out pairs, rendered and tokenised once."""
    path = token_file(preset.name, "key", HELD_OUT)
    if path.exists() and len(kept := TokenSet.load(path)) >= count:
        return kept
    world, model = preset_world(preset), load_vqvae(vqvae)
    clips = build_part("key", HELD_OUT, range(count), world, model, report=True)
    clips.save(path)
    return clips
