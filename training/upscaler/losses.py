"""The upscaler's loss and the figures that enlargements are compared by."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.vqvae.losses import SUBJECT_WEIGHT, psnr, reconstruction_loss

GRADIENT_WEIGHT = 1.0
SHARPNESS_WEIGHT = 1.5
"""High, since the other terms alone leave bicubic enlargement as it is: where an edge lies exactly
cannot be told from a blurred frame, and the safest guess is a blurred one."""
SHARPNESS_WINDOW = 6
"""Pixels per side of a neighbourhood."""
STEEPNESS_REACH = 3
"""Pixels over which a slope is measured. Over one pixel, grain along a blurred edge passes for
sharpness: trained so, the upscaler drew a grid of dots there."""
_STEEPNESS_FLOOR = 0.004  # a step of one in 255: keeps the root's slope finite on flat ground


def differences(frames: Tensor, reach: int = 1) -> Tensor:
    """|difference to the pixel at ``reach``| downward and to the right: [N, 6, h - r, w - r]."""
    inner = frames[..., :-reach, :-reach]
    down, right = frames[..., reach:, :-reach] - inner, frames[..., :-reach, reach:] - inner
    return torch.cat([down, right], 1).abs()


def steepness(frames: Tensor) -> Tensor:
    """Root mean square of the differences in each neighbourhood: [N, 6, rows, columns].

    A soft edge and a sharp one have the same sum of differences, but not of their squares.
    """
    window, stride = SHARPNESS_WINDOW, SHARPNESS_WINDOW // 2
    squares = functional.avg_pool2d(differences(frames, STEEPNESS_REACH).square(), window, stride)
    return (squares + _STEEPNESS_FLOOR**2).sqrt()


def upscaler_loss(found: Tensor, wanted: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """Weighted |error| of pixels, of differences, and of the steepness of each neighbourhood.

    ``found``, ``wanted`` [N, 3, h, w]; ``mask`` [N, h, w] is true on the subject.
    """
    terms = reconstruction_loss(found, wanted, mask)
    window, stride = SHARPNESS_WINDOW, SHARPNESS_WINDOW // 2
    reach = STEEPNESS_REACH
    near = functional.max_pool2d(mask[:, None].float()[..., reach:, reach:], window, stride)
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
    """Root mean square of the slopes around the subject, as a share of the render's."""

    def __str__(self) -> str:
        return (
            f"PSNR {self.frame:.2f} subject {self.subject:.2f} edges {self.edges:.2f} dB"
            f" | sharpness {self.sharpness:.2f}"
        )


@torch.no_grad()
def measure_enlargement(found: Tensor, wanted: Tensor, masks: Tensor) -> Enlargement:
    """``found``, ``wanted`` [N, 3, h, w] in 0..1; ``masks`` bool [N, h, w]."""
    found = found.clamp(0, 1)
    edges = -10 * torch.log10((differences(found) - differences(wanted)).square().mean())
    # Three pixels beyond the subject as well: its outline is the edge that one sees.
    reach = STEEPNESS_REACH
    around = functional.max_pool2d(masks[:, None].float(), 7, 1, 3)[..., reach:, reach:]
    ours, theirs = (
        (differences(frames, reach).square() * around).sum() for frames in (found, wanted)
    )
    sharpness = (ours / theirs).sqrt()
    return Enlargement(
        psnr(found, wanted), psnr(found, wanted, masks), float(edges), float(sharpness)
    )
