"""Sizes and recipe of the upscaler, one constant per preset."""

import os
from dataclasses import dataclass
from pathlib import Path

_DATA = Path(os.environ.get("FLIPBOOK_DATA", Path(__file__).parents[1] / "data"))


@dataclass(frozen=True)
class UpscalerConfig:
    """Frames of ``pixels`` become frames of ``pixels * factor`` a side."""

    pixels: int = 96
    """Side of the decoder's frames; a multiple of 4."""
    factor: int = 3
    width: int = 80
    """Channels of the body, at a quarter of the decoder's resolution."""
    blocks: int = 2
    """Residual blocks of the body."""
    head_width: int = 32
    """Channels at half of the decoder's resolution, before the last convolution."""
    clean_share: float = 0.15
    """Share of the training inputs that are renders instead of reconstructions."""
    crop: int = 48
    """Side of the training crops in pixels of the decoder's frames; a multiple of ``step``."""
    crops: int = 12
    """Crops per process and step; full frames are fewer by the ratio of their areas."""
    step: int = 8
    """Crops begin at multiples of this many pixels: those of the picture tokens."""
    full_frames_from: float = 0.85
    """Share of the run after which whole frames replace crops."""
    pool: int = 900
    """Pairs that each process holds in memory (0.4 MB each at the default size)."""
    muon_lr: float = 6e-3
    adam_lr: float = 2e-3

    @property
    def large(self) -> int:
        """Side of the enlarged frames in pixels."""
        return self.pixels * self.factor

    @property
    def frames(self) -> int:
        """Full frames per process and step: the pixels of ``crops`` crops."""
        return max(1, self.crops * self.crop**2 // self.pixels**2)


UPSCALER_PRESETS = {
    "micro": UpscalerConfig(
        pixels=32, factor=3, width=16, blocks=1, head_width=8, crop=32, crops=8, pool=300
    ),
    "cpu": UpscalerConfig(),
    "gpu": UpscalerConfig(pixels=128, factor=2, width=96, blocks=3, crops=64, pool=4000),
}


def upscaler_folder(preset: str) -> Path:
    """Where a preset's upscaler is kept: ``checkpoint.pt`` (resumable) and ``final.pt``."""
    return _DATA / preset / "upscaler"
