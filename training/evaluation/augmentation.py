"""Makes real renders look as if they had passed through a picture tokenizer, and varies them.

The evaluator must judge soft and slightly wrong pictures as surely as sharp ones, whatever package
drew them, so the tokenizer's faults are imitated instead of taken from one package.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_SOFT_SHARE = 0.65  # of clips that are softened
_SOFTEST, _SHARPEST = 0.36, 0.9  # share of the resolution that softening leaves
_MOST_SHIFT = 2  # pixels of 96
_MOST_TOKEN_NOISE = 0.05  # standard deviation, of pictures in 0..1


def augment(clips: Tensor, generator: torch.Generator) -> Tensor:
    """clips float [B, F, 3, P, P] in 0..1 -> the same shape, other pixels.

    One clip's frames share softness, colours and shift; the noise differs from frame to frame.
    """
    varied = [_vary(clip, generator) for clip in clips]
    return torch.stack(varied).clamp_(0, 1)


def _vary(clip: Tensor, generator: torch.Generator) -> Tensor:
    def number(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=generator))

    if number(0, 1) < _SOFT_SHARE:
        clip = _soften(clip, number(_SOFTEST, _SHARPEST))
        clip = clip + number(0, _MOST_TOKEN_NOISE) * _token_noise(clip, generator)
    gain = number(0.85, 1.15)
    tint = torch.empty(3, 1, 1).uniform_(0.95, 1.05, generator=generator)
    clip = clip * (gain * tint) + number(-0.04, 0.04)
    return _shift(clip, generator)


def _soften(clip: Tensor, share: float) -> Tensor:
    """Fewer pixels and back again, as detail that a tokenizer has no codes for."""
    side = clip.shape[-1]
    small = functional.interpolate(clip, size=(max(8, round(side * share)),) * 2, mode="area")
    return functional.interpolate(small, size=(side, side), mode="bilinear")


def _token_noise(clip: Tensor, generator: torch.Generator) -> Tensor:
    """Unit noise in cells of a token and of half a token, other in every frame."""
    frames, channels, side, _ = clip.shape
    total = torch.zeros_like(clip)
    for cells in (12, 24):
        coarse = torch.randn(frames, channels, cells, cells, generator=generator)
        total += functional.interpolate(coarse, size=(side, side), mode="bilinear")
    return total / 2


def _shift(clip: Tensor, generator: torch.Generator) -> Tensor:
    """Moved by up to two pixels; the border repeats."""
    margin = _MOST_SHIFT
    down, right = torch.randint(0, 2 * margin + 1, (2,), generator=generator).tolist()
    side = clip.shape[-1]
    wide = functional.pad(clip, (margin,) * 4, mode="replicate")
    return wide[..., down : down + side, right : right + side]
