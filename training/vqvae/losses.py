"""Reconstruction loss and the figures that reconstructions are judged by."""

from dataclasses import dataclass

import torch
from torch import Tensor

from training.vqvae.model import VQVAE, frames_to_tensor, shrink
from training.vqvae.quantizer import perplexity

SUBJECT_WEIGHT = 5.0
GRADIENT_WEIGHT = 1.0
COMMITMENT_WEIGHT = 0.25
GATE_PIXELS = 64
"""Size at which the project's quality gate (subject PSNR >= 20.5 dB) is read."""


def reconstruction_loss(
    found: Tensor, wanted: Tensor, mask: Tensor, square_weight: float = 2.0
) -> dict[str, Tensor]:
    """Weighted means of |error|, error^2 and |error of the differences between neighbours|.

    ``found``, ``wanted`` [N, 3, h, w]; ``mask`` [N, h, w] is true on the subject.
    ``square_weight`` of error^2, the term that PSNR follows.
    """
    weight = 1 + (SUBJECT_WEIGHT - 1) * mask[:, None].float()
    weight = weight / weight.mean()
    error = found - wanted
    down = (error[:, :, 1:] - error[:, :, :-1]).abs() * weight[:, :, 1:]
    right = (error[..., 1:] - error[..., :-1]).abs() * weight[..., 1:]
    return {
        "l1": (error.abs() * weight).mean(),
        "gradient": GRADIENT_WEIGHT * (down.mean() + right.mean()) / 2,
        "square": square_weight * (error.square() * weight).mean(),
    }


def psnr(found: Tensor, wanted: Tensor, weight: Tensor | None = None) -> float:
    """Decibels over all pixels of a batch; ``weight`` [N, h, w] counts pixels more or less."""
    square = (found.clamp(0, 1) - wanted).square().mean(1)
    weight = torch.ones_like(square) if weight is None else weight.to(square)
    return float(-10 * torch.log10((square * weight).sum() / weight.sum()))


@dataclass(frozen=True)
class Quality:
    """PSNR in dB of whole frames and of the subject's pixels, at full and at the gate's size."""

    frame: float
    subject: float
    frame_at_gate: float
    subject_at_gate: float
    codes_used: int
    perplexity: float

    def __str__(self) -> str:
        return (
            f"PSNR {self.frame:.2f} subject {self.subject:.2f} dB"
            f" (at {GATE_PIXELS} px: {self.frame_at_gate:.2f}, {self.subject_at_gate:.2f})"
            f" | {self.codes_used} codes, perplexity {self.perplexity:.0f}"
        )


@torch.no_grad()
def measure_quality(model: VQVAE, frames: Tensor, masks: Tensor, batch: int = 32) -> Quality:
    """``frames`` uint8 [N, P, P, 3] and ``masks`` bool [N, P, P], both on the CPU."""
    device = next(model.parameters()).device
    found, tokens = [], []
    for part in frames.split(batch):
        tokens.append(model.encode(frames_to_tensor(part.to(device))))
        found.append(model.decode(tokens[-1]).float().cpu())
    reconstructed, wanted = torch.cat(found), frames_to_tensor(frames)
    size = min(GATE_PIXELS, model.config.pixels)
    small = shrink(reconstructed, size), shrink(wanted, size)
    small_mask = shrink(masks[:, None].float(), size)[:, 0] > 0.5
    return Quality(
        psnr(reconstructed, wanted),
        psnr(reconstructed, wanted, masks),
        psnr(*small),
        psnr(*small, small_mask),
        *perplexity(torch.cat(tokens).cpu(), model.config.codes),
    )
