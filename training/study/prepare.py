"""What all runs share, made once: picture tokenizer, caption tokenizer, tokens of all clips."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from training.common.distributed import Process
from training.study.master_clips import SPLITS, MasterClips, split_scenes, tokenize_scenes
from training.study.settings import Settings
from training.study.subworld import draw_scene, frame_source, study_caption
from training.text.caption_tokenizer import CaptionTokenizer
from training.text.characters import ASCII
from training.text.train import train_tokenizer
from training.vqvae.model import VQVAE, load_vqvae
from training.vqvae.train import Run, train
from training.world.atlas import World
from training.world.dataset import DURATION_TEXTS


@dataclass(frozen=True)
class Material:
    """The same for every model."""

    world: World
    vqvae: VQVAE
    tokenizer: CaptionTokenizer
    train: MasterClips
    validation: MasterClips


def prepare(settings: Settings, world: World, folder: Path) -> Material:
    """Makes what is missing in `folder` and reads all of it."""
    vqvae = prepare_vqvae(settings, world, folder / "vqvae")
    clips = {
        split: _prepare_clips(split, count, world, vqvae, folder / f"{split}.npz")
        for split, count in zip(
            SPLITS, (settings.train_clips, settings.validation_clips), strict=True
        )
    }
    tokenizer = _prepare_tokenizer(settings, folder / "tokenizer.json")
    return Material(world, vqvae, tokenizer, clips["train"], clips["validation"])


def prepare_vqvae(settings: Settings, world: World, folder: Path) -> VQVAE:
    """Trains the picture tokenizer to the end, or goes on where it was interrupted."""
    final = folder / "final.pt"
    if not final.exists():
        print(f"picture tokenizer: {settings.vqvae_steps} steps", flush=True)
        source = frame_source(world)
        run = Run(settings.vqvae, folder, None, settings.vqvae_steps, source=source)
        train(Process(0, 1, torch.device("cpu")), run)
    return load_vqvae(final)


def _prepare_clips(split: str, count: int, world: World, vqvae: VQVAE, path: Path) -> MasterClips:
    if not path.exists():
        print(f"tokens of {count} {split} clips", flush=True)
        tokenize_scenes(split_scenes(split, count), world, vqvae).save(path)
    clips = MasterClips.load(path)
    if len(clips) != count:
        raise ValueError(f"{path} has {len(clips)} clips, wanted {count}: choose another folder.")
    return clips


def _prepare_tokenizer(settings: Settings, path: Path) -> CaptionTokenizer:
    if not path.exists():
        rng = np.random.default_rng(1)
        captions = [study_caption(draw_scene(rng), rng) for _ in range(settings.captions)]
        captions += [
            text for text in DURATION_TEXTS.values() for _ in range(settings.captions // 50)
        ]
        train_tokenizer(captions, (), settings.text_pieces, ASCII + "秒").save(path)
    return CaptionTokenizer.load(path)
