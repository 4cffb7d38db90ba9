"""Encoder, codebook and decoder. No layer works at full resolution, none looks at the whole frame.

Only convolutions, pixel shuffles, element-wise operations, a channel mean and an arg-max occur, so
that the graphs export without surprises; the norm is per pixel, so that crops train what whole
frames use.
"""

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.common.checkpoint import load_checkpoint
from training.vqvae.config import VqvaeConfig
from training.vqvae.quantizer import VectorQuantizer

STEM = 4
"""Pixels per side that the first and the last layer handle as channels."""

OUTPUT_GAIN = 0.1
"""Muon's steps do not shrink with the gradient, and the last layer's would show as pixel noise."""


class PixelNorm(nn.Module):
    """Divides each pixel's channels by their root mean square. The next layer learns the gain."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-6)


class ResidualBlock(nn.Sequential):
    def __init__(self, width: int) -> None:
        last = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(last.weight)
        super().__init__(PixelNorm(), nn.Conv2d(width, width, 3, padding=1), nn.SiLU(), last)

    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


def _blocks(width: int, count: int) -> list[nn.Module]:
    return [ResidualBlock(width) for _ in range(count)]


class Encoder(nn.Sequential):
    """Frames [N, 3, P, P] in 0..1 -> latents [N, D, G, G]."""

    def __init__(self, config: VqvaeConfig) -> None:
        fine, coarse = config.encoder_widths
        super().__init__(
            nn.PixelUnshuffle(STEM),
            nn.Conv2d(3 * STEM**2, fine, 3, padding=1),
            *_blocks(fine, config.encoder_blocks[0]),
            nn.Conv2d(fine, coarse, 2, stride=2),
            *_blocks(coarse, config.encoder_blocks[1]),
            PixelNorm(),
            nn.Conv2d(coarse, config.latent, 1),
        )

    def forward(self, frames: Tensor) -> Tensor:
        return super().forward(frames * 2 - 1)


class Decoder(nn.Sequential):
    """Codes [N, D, G, G] -> frames [N, 3, P, P], not clamped."""

    def __init__(self, config: VqvaeConfig) -> None:
        fine, coarse = config.decoder_widths
        super().__init__(
            nn.Conv2d(config.latent, coarse, 3, padding=1),
            *_blocks(coarse, config.decoder_blocks[1]),
            PixelNorm(),
            nn.Conv2d(coarse, 4 * fine, 1),
            nn.PixelShuffle(2),
            *_blocks(fine, config.decoder_blocks[0]),
            PixelNorm(),
            nn.Conv2d(fine, 3 * STEM**2, 3, padding=1),
            nn.PixelShuffle(STEM),
        )

    def forward(self, codes: Tensor) -> Tensor:
        return super().forward(codes) * OUTPUT_GAIN + 0.5


class VQVAE(nn.Module):
    def __init__(self, config: VqvaeConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.quantizer = VectorQuantizer(config.codes, config.latent, config.unit_codes)
        self.decoder = Decoder(config)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Frames [N, 3, P, P] -> (reconstruction in float32, commitment, latent vectors)."""
        codes, commitment, vectors = self.quantizer(self.encoder(frames))
        return self.decoder(codes).float(), commitment, vectors

    def encode(self, frames: Tensor) -> Tensor:
        """Frames [N, 3, P, P] in 0..1 -> tokens int64 [N, G, G]."""
        return self.quantizer.tokens_of(self.encoder(frames))

    def decode(self, tokens: Tensor) -> Tensor:
        """Tokens [N, G, G] -> frames [N, 3, P, P] in 0..1."""
        return self.decoder(self.quantizer.codes_of(tokens)).clamp(0, 1)


def config_as_plain_values(config: VqvaeConfig) -> dict:
    return asdict(config)


def load_vqvae(path: Path | str) -> VQVAE:
    """The trained tokenizer in a checkpoint, on the CPU and ready for inference."""
    checkpoint = load_checkpoint(Path(path))
    model = VQVAE(VqvaeConfig(**checkpoint.config))
    model.load_state_dict(checkpoint.model)
    return model.eval().requires_grad_(False)


def frames_to_tensor(frames: Tensor) -> Tensor:
    """uint8 [N, P, P, 3] -> float [N, 3, P, P] in 0..1, channels last in memory."""
    return frames.permute(0, 3, 1, 2).float() / 255


def tensor_to_frames(frames: Tensor) -> Tensor:
    """Float [N, 3, P, P] in 0..1 -> uint8 [N, P, P, 3]."""
    return (frames.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)


def shrink(frames: Tensor, pixels: int) -> Tensor:
    """Area-averaged to ``pixels`` a side."""
    return functional.interpolate(frames, size=(pixels, pixels), mode="area")
