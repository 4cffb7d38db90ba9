"""Every number of the study in one place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from training.vqvae.config import VqvaeConfig


@dataclass(frozen=True)
class Settings:
    """What all runs share, and how long each one trains."""

    pixels: int = 64  # side of a frame
    codes: int = 512  # entries of the codebook
    vqvae_steps: int = 2000
    vqvae_pool: int = 3000  # frames that its training holds in memory
    train_clips: int = 800  # clips of 33 frames that every model draws its windows from
    validation_clips: int = 64
    captions: int = 6000  # that the caption tokenizer is trained on
    text_pieces: int = 256  # upper bound of the caption tokenizer
    text_slots: int = 24
    layers: int = 4  # of the dual-channel models
    hidden: int = 128
    heads: int = 2
    batch: int = 8  # windows per step
    minutes: float = 1.25  # processor minutes of training per run, all stages together
    image_share: float = 0.2  # of a run with image pre-training
    interpolation_share: float = 0.35  # of the rest, for the hierarchical models
    prompts: int = 48  # generated clips per row, half of them of held-out pairs
    real_clips: int = 256  # real renders that the Frechet distance compares with
    guidance: float = 2.0
    temperature: float = 0.7
    top_k: int = 20
    guidance_sweep: tuple[float, ...] = (1.0, 1.5, 2.0, 3.0, 5.0)

    @property
    def vqvae(self) -> VqvaeConfig:
        """A picture tokenizer of 64 tokens a frame, narrow enough for minutes of training."""
        return VqvaeConfig(
            pixels=self.pixels,
            codes=self.codes,
            latent=16,
            encoder_widths=(64, 128),
            decoder_widths=(96, 160),
            decoder_blocks=(2, 1),
            crop=min(32, self.pixels),
            pool=self.vqvae_pool,
        )

    @property
    def grid(self) -> int:
        """Tokens along a side of a frame."""
        return self.pixels // self.vqvae.factor


def read_settings(folder: Path) -> Settings:
    """The settings of a study's folder."""
    values = json.loads((folder / "settings.json").read_text())
    return Settings(**{**values, "guidance_sweep": tuple(values["guidance_sweep"])})
