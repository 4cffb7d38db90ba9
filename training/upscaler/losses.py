"""The upscaler's loss and the figures that enlargements are compared by."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.vqvae.losses import SUBJECT_WEIGHT, psnr, reconstruction_loss

GRADIENT_WEIGHT = 0.25
SHARPNESS_WEIGHT = 2.0
"""High, since the other terms alone leave bicubic enlargement as it is: where an edge lies exactly
cannot be told from a blurred frame, and the safest guess is a blurred one."""
SHARPNESS_WINDOW = 6
"""Pixels per side of a neighbourhood."""


_STEEPNESS_FLOOR = 0.004  # a step of one in 255: keeps the root's slope finite on flat ground


def differences(frames: Tensor) -> Tensor:
    """|difference to the next pixel| downward and to the right: [N, 6, h - 1, w - 1]."""
    inner = frames[..., :-1, :-1]
    down, right = frames[..., 1:, :-1] - inner, frames[..., :-1, 1:] - inner
    return torch.cat([down, right], 1).abs()


def steepness(frames: Tensor) -> Tensor:
    """Root mean square of the differences in each neighbourhood: [N, 6, rows, columns].

    A soft edge and a sharp one have the same sum of differences, but not of their squares.
    """
    window, stride = SHARPNESS_WINDOW, SHARPNESS_WINDOW // 2
    squares = functional.avg_pool2d(differences(frames).square(), window, stride)
    return (squares + _STEEPNESS_FLOOR**2).sqrt()


def upscaler_loss(found: Tensor, wanted: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """Weighted |error| of pixels, of differences, and of the steepness of each neighbourhood.

    ``found``, ``wanted`` [N, 3, h, w]; ``mask`` [N, h, w] is true on the subject.
    """
    terms = reconstruction_loss(found, wanted, mask)
    window, stride = SHARPNESS_WINDOW, SHARPNESS_WINDOW // 2
    near = functional.max_pool2d(mask[:, None].float()[..., 1:, 1:], window, stride)
    weight = 1 + (SUBJECT_WEIGHT - 1) * near
    error = (steepness(found) - steepness(wanted)).abs() * weight / weight.mean()
    return {
        "l1": terms["l1"],
        "gradient": GRADIENT_WEIGHT * terms["gradient"],
        "sharpness": SHARPNESS_WEIGHT * error.mean(),
    }


@dataclass(frozen=True)
class Enlargement:
    """How enlarged frames compare with frames rendered at that size."""

    frame: float
    """PSNR of whole frames, dB."""
    subject: float
    """PSNR of the subject's pixels, dB."""
    edges: float
    """PSNR of the differences between neighbouring pixels, dB: are edges where they belong?"""
    sharpness: float
    """Root mean square of the differences around the subject, as a share of the render's."""

    def __str__(self) -> str:
        return (
            f"PSNR {self.frame:.2f} subject {self.subject:.2f} edges {self.edges:.2f} dB"
            f" | sharpness {self.sharpness:.2f}"
        )


@torch.no_grad()
def measure_enlargement(found: Tensor, wanted: Tensor, masks: Tensor) -> Enlargement:
    """``found``, ``wanted`` [N, 3, h, w] in 0..1; ``masks`` bool [N, h, w]."""
    ours, theirs = differences(found.clamp(0, 1)), differences(wanted)
    edges = -10 * torch.log10((ours - theirs).square().mean())
    # Three pixels beyond the subject as well: its outline is the edge that one sees.
    around = functional.max_pool2d(masks[:, None].float(), 7, 1, 3)[..., 1:, 1:]
    energy = [(found * found * around).sum() for found in (ours, theirs)]
    sharpness = (energy[0] / energy[1]).sqrt()
    return Enlargement(
        psnr(found, wanted), psnr(found, wanted, masks), float(edges), float(sharpness)
    )
