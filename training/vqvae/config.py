"""Sizes and recipe of the picture tokenizer, one constant per preset."""

import os
from dataclasses import dataclass
from pathlib import Path

DATA_FOLDER = Path(os.environ.get("FLIPBOOK_DATA", Path(__file__).parents[1] / "data"))


@dataclass(frozen=True)
class VqvaeConfig:
    """Frames of ``pixels`` become a grid of tokens, one for each ``factor`` x ``factor`` square."""

    pixels: int = 96
    """Side of a frame."""
    codes: int = 2048
    """Entries of the codebook."""
    latent: int = 32
    """Numbers in a code."""
    unit_codes: bool = False
    """Codes and latents of length 1, compared by angle."""
    encoder_widths: tuple[int, int] = (96, 160)
    """Channels at a quarter and at an eighth of the frame's resolution."""
    encoder_blocks: tuple[int, int] = (1, 2)
    """Residual blocks at the same two resolutions."""
    decoder_widths: tuple[int, int] = (128, 224)
    decoder_blocks: tuple[int, int] = (3, 3)
    crop: int = 48
    """Side in pixels of the training crops; a multiple of ``factor``."""
    crops: int = 32
    """Crops per process and step; full frames are fewer by the ratio of their areas."""
    full_frames_from: float = 0.8
    """Share of the run after which whole frames replace crops."""
    pool: int = 12_000
    """Composed frames that each process holds in memory."""
    muon_lr: float = 3e-3
    adam_lr: float = 2e-3
    square_weight: float = 2.0
    """Loss weight of the squared error beside the absolute one."""

    @property
    def factor(self) -> int:
        return 8

    @property
    def grid(self) -> int:
        """Tokens along a side."""
        return self.pixels // self.factor

    @property
    def frames(self) -> int:
        """Full frames per process and step: the pixels of ``crops`` crops."""
        return max(1, self.crops * self.crop**2 // self.pixels**2)


VQVAE_PRESETS = {
    "micro": VqvaeConfig(
        pixels=32,
        codes=64,
        latent=8,
        encoder_widths=(16, 24),
        encoder_blocks=(0, 1),
        decoder_widths=(16, 32),
        decoder_blocks=(1, 1),
        crop=32,
        crops=16,
        pool=600,
    ),
    "cpu": VqvaeConfig(),
    "gpu": VqvaeConfig(
        pixels=128,
        codes=8192,
        encoder_widths=(96, 160),
        encoder_blocks=(1, 2),
        decoder_widths=(144, 240),
        decoder_blocks=(3, 3),
        crop=64,
        crops=256,
        pool=60_000,
    ),
    "gpu-rehearsal": VqvaeConfig(
        pixels=32,
        codes=128,
        latent=8,
        encoder_widths=(16, 24),
        encoder_blocks=(0, 1),
        decoder_widths=(16, 32),
        decoder_blocks=(1, 1),
        crop=24,
        crops=16,
        pool=600,
    ),
}


def vqvae_folder(preset: str) -> Path:
    """Where a preset's tokenizer is kept: ``checkpoint.pt`` (resumable) and ``final.pt``."""
    return DATA_FOLDER / preset / "vqvae"
