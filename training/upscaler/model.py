"""Bicubic enlargement plus what a few convolutions at low resolution add to it.

The convolutions see a quarter of the decoder's resolution and write half of it, 2 * factor pixels
per cell: the same tricks as in the decoder, so that a frame costs under half a GFLOP. Bicubic
enlargement is a fixed convolution and a pixel shuffle, which every backend computes alike.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.common.checkpoint import load_checkpoint
from training.upscaler.config import UpscalerConfig
from training.vqvae.model import STEM, PixelNorm, ResidualBlock

MARGIN = 2
"""Pixels around a frame that bicubic enlargement reads; they repeat the frame's border."""
OUTPUT_GAIN = 0.3
"""Of the last convolution, for Muon's steps of constant length; the decoder's is a third of it."""
_SHUFFLE = 2


def cubic(distance: Tensor) -> Tensor:
    """Keys' cubic convolution kernel with a = -1/2 (Catmull-Rom), as the app's own enlargement."""
    x = distance.abs()
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return torch.where(x < 1, near, torch.where(x < 2, far, 0.0))


def bicubic_kernel(factor: int) -> Tensor:
    """Weights [3 * factor^2, 3, 5, 5]: one filter for each colour and each pixel of a cell."""
    taps = torch.arange(-MARGIN, MARGIN + 1, dtype=torch.float64)
    # Centre of pixel i of a cell, from the centre of the small pixel.
    offsets = (torch.arange(factor, dtype=torch.float64) + 0.5) / factor - 0.5
    row = cubic(offsets[:, None] - taps)  # (factor, 5)
    filters = torch.einsum("ay,bx->abyx", row, row).flatten(0, 1)
    kernel = torch.zeros(3, factor**2, 3, *filters.shape[1:], dtype=torch.float64)
    for colour in range(3):
        kernel[colour, :, colour] = filters
    return kernel.flatten(0, 1).float()


class Upscaler(nn.Module):
    """Frames [N, 3, P, P] in 0..1 -> [N, 3, factor * P, factor * P], not clamped."""

    kernel: Tensor

    def __init__(self, config: UpscalerConfig) -> None:
        super().__init__()
        if config.pixels % STEM:
            raise ValueError(f"pixels must be a multiple of {STEM}, not {config.pixels}.")
        self.config = config
        width, head = config.width, config.head_width
        self.register_buffer("kernel", bicubic_kernel(config.factor), persistent=False)
        last = nn.Conv2d(head, 3 * (_SHUFFLE * config.factor) ** 2, 3, padding=1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.body = nn.Sequential(
            nn.PixelUnshuffle(STEM),
            nn.Conv2d(3 * STEM**2, width, 3, padding=1),
            *[ResidualBlock(width) for _ in range(config.blocks)],
            PixelNorm(),
            nn.Conv2d(width, head * (STEM // _SHUFFLE) ** 2, 1),
            nn.PixelShuffle(STEM // _SHUFFLE),
            nn.SiLU(),
            last,
            nn.PixelShuffle(_SHUFFLE * config.factor),
        )

    def enlarge(self, frames: Tensor) -> Tensor:
        """Bicubic enlargement alone."""
        wide = functional.pad(frames, (MARGIN,) * 4, mode="replicate")
        return functional.pixel_shuffle(functional.conv2d(wide, self.kernel), self.config.factor)

    def forward(self, frames: Tensor) -> Tensor:
        added = self.body(frames * 2 - 1)
        # In full precision, whatever the body is computed in.
        with torch.autocast(frames.device.type, enabled=False):
            return self.enlarge(frames.float()) + OUTPUT_GAIN * added.float()

    @torch.no_grad()
    def upscale(self, frames: Tensor) -> Tensor:
        """As the exported graph: clamped to 0..1."""
        return self(frames).clamp(0, 1)

    @property
    def operations(self) -> int:
        """Multiplications and additions of the convolutions for one frame."""
        side = self.config.pixels
        total = 2 * side**2 * self.kernel.numel()
        cells = (side // STEM) ** 2
        for module in self.body.modules():
            if isinstance(module, nn.PixelShuffle):
                cells *= module.upscale_factor**2
            if isinstance(module, nn.Conv2d):
                total += 2 * cells * module.weight.numel()
        return total


def load_upscaler(path: Path) -> Upscaler:
    """The trained upscaler in a checkpoint, on the CPU and ready for inference."""
    checkpoint = load_checkpoint(path)
    model = Upscaler(UpscalerConfig(**checkpoint.config))
    model.load_state_dict(checkpoint.model)
    return model.eval().requires_grad_(False)
