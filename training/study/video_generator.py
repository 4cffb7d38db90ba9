"""The generator of the video GAN: a caption and noise to a whole clip, one frame size a level.

After "Train Sparsely, Generate Densely" (TGANv2, arXiv 1811.09245): a recurrent convolutional
network makes a map of 4 x 4 features for every frame; up-blocks, which know no time, double its
side; each level renders its frames for a discriminator of its own. Here it is conditional, and
smaller in every place that is paid by the pixel: most of its numbers open the clip.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.study.caption_encoder import CaptionEncoder
from training.study.frame_subsampling import pick_frames

BASE = 4  # side of the map that the recurrence works on
SLOPE = 0.2  # of the leaky rectifiers


@dataclass(frozen=True)
class VideoGanConfig:
    """Sizes that generator and discriminators share."""

    pixels: int  # side of a frame, a power of two above 4
    frames: int  # of a whole clip
    vocabulary: int  # pieces of the caption tokenizer
    pad_id: int
    text_slots: int
    width: int  # channels of the recurrent map
    text: int  # numbers that stand for the caption
    noise: int  # numbers that are drawn
    opening: int = 1  # hidden units between caption with noise and the opening maps

    def __post_init__(self) -> None:
        if self.pixels <= BASE or self.pixels & (self.pixels - 1):
            raise ValueError(f"pixels must be a power of two above {BASE}, not {self.pixels}")

    @property
    def sides(self) -> tuple[int, ...]:
        """Pixels of a frame of each level: 8, 16, 32 and 64 for frames of 64."""
        return tuple(2**i for i in range(3, self.pixels.bit_length()))

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each level's map; a level has four times the pixels of the one before."""
        return tuple(max(8, self.width >> level) for level in range(len(self.sides)))


class VideoGenerator(nn.Module):
    def __init__(self, config: VideoGanConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.caption = CaptionEncoder(
            config.vocabulary, config.pad_id, config.text_slots, config.text
        )
        code = config.text + config.noise
        self.inner = nn.Linear(code, config.opening)
        self.opening = nn.Linear(config.opening, 4 * width * BASE**2)
        self.moments = nn.Parameter(smooth_moments(config.frames, 3 * width))
        self.recurrent = nn.Conv2d(width, 3 * width, 3, padding=1)
        # A state that fades slowly: a clip lasts 33 frames.
        nn.init.constant_(self.recurrent.bias[:width], 1.0)
        ends = config.widths
        starts = (width, *ends[:-1])
        self.blocks = nn.ModuleList(
            UpBlock(start, end, code) for start, end in zip(starts, ends, strict=True)
        )
        self.renders = nn.ModuleList(Rendering(end) for end in ends)

    def draw_noise(self, clips: int, generator: torch.Generator | None = None) -> Tensor:
        """[clips, Z] of the normal distribution."""
        return torch.randn(clips, self.config.noise, generator=generator)

    def forward(self, ids: Tensor, noise: Tensor, picks: Sequence[Tensor]) -> list[Tensor]:
        """Training: captions [B, S], noise [B, Z], picks of `draw_picks`.

        Returns frames [B, n, 3, side, side] in -1..1 of every level, n and side the level's.
        """
        code = torch.cat([self.caption(ids), noise], dim=1)
        maps, levels = self._recur(code), []
        for block, render, pick in zip(self.blocks, self.renders, picks, strict=True):
            maps = block(pick_frames(maps, pick), code)
            levels.append(render(maps))
        return levels

    def whole(self, ids: Tensor, noise: Tensor) -> Tensor:
        """Every frame in full size, [B, T, 3, P, P] in -1..1."""
        code = torch.cat([self.caption(ids), noise], dim=1)
        maps = self._recur(code)
        for block in self.blocks:
            maps = block(maps, code)
        return self.renders[-1](maps)

    def _recur(self, code: Tensor) -> Tensor:
        """Caption and noise [B, E + Z] -> maps [B, T, W, 4, 4].

        A convolutional gated recurrent unit: the opening gives its first state and what its gates
        are fed at every frame. The reset gate acts behind the convolution, so that one convolution
        a frame is enough.
        """
        width = self.config.width
        hidden = functional.leaky_relu(self.inner(code), SLOPE)
        maps = self.opening(hidden).view(len(code), 4 * width, BASE, BASE)
        state, fed = torch.tanh(maps[:, :width]), maps[:, width:]
        states = []
        for moment in self.moments:
            now = fed + moment[:, None, None]
            keep, reset, found = self.recurrent(state).split(width, dim=1)
            keep = torch.sigmoid(keep + now[:, :width])
            reset = torch.sigmoid(reset + now[:, width : 2 * width])
            found = torch.tanh(reset * found + now[:, 2 * width :])
            state = keep * state + (1 - keep) * found
            states.append(state)
        return torch.stack(states, dim=1)


class UpBlock(nn.Module):
    """Maps [B, n, C, s, s] to [B, n, C', 2s, 2s], every frame by itself.

    Residual; its channels are scaled and moved by caption and noise, as conditional normalisation
    does, but normalised pixel by pixel: no clip depends on the others of its batch.
    """

    def __init__(self, start: int, end: int, code: int) -> None:
        super().__init__()
        self.style = nn.Linear(code, 2 * start)
        self.first = nn.Conv2d(start, end, 3, padding=1)
        self.second = nn.Conv2d(end, end, 3, padding=1)
        self.shortcut = nn.Conv2d(start, end, 1, bias=False)

    def forward(self, maps: Tensor, code: Tensor) -> Tensor:
        batch, count = maps.shape[:2]
        scale, shift = self.style(code)[:, None, :, None, None].chunk(2, dim=2)
        styled = (normalised(maps, 2) * (1 + scale) + shift).flatten(0, 1)
        flat = maps.flatten(0, 1)
        inner = self.first(functional.leaky_relu(styled, SLOPE))
        inner = functional.interpolate(normalised(inner, 1), scale_factor=2, mode="nearest")
        inner = self.second(functional.leaky_relu(inner, SLOPE))
        rest = functional.interpolate(self.shortcut(flat), scale_factor=2, mode="nearest")
        return (inner + rest).unflatten(0, (batch, count))


class Rendering(nn.Module):
    """Maps [B, n, C, s, s] to frames [B, n, 3, s, s] in -1..1."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.colours = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        batch, count = maps.shape[:2]
        flat = functional.leaky_relu(normalised(maps.flatten(0, 1), 1), SLOPE)
        return torch.tanh(self.colours(flat)).unflatten(0, (batch, count))


def smooth_moments(frames: int, channels: int) -> Tensor:
    """[frames, channels]: waves of up to two periods a clip.

    Without them a recurrence that is fed the same at every frame soon stands still, and training is
    too short to get it going again.
    """
    periods, phases = 2 * torch.rand(channels), torch.rand(channels)
    moments = torch.linspace(0, 1, frames)[:, None]
    return torch.cos(2 * math.pi * (moments * periods + phases))


def normalised(maps: Tensor, channels: int) -> Tensor:
    """Root mean square 1 over the dimension `channels` (pixel normalisation, arXiv 1710.10196)."""
    return maps * torch.rsqrt(maps.square().mean(channels, keepdim=True) + 1e-4)
