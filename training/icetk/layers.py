"""Building blocks of icetk's VQVAE; attribute names are those of the checkpoint's tensors.

Shapes: N images, C channels, H rows, W columns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.icetk.config import IcetkConfig

QUERIES_AT_ONCE = 400
"""Rows of attention scores held at a time: 400 x 3600 of float32 are 5.8 MB at 480 x 480 pixels,
where all rows would be 52 MB, and three such tensors exist at once."""


def swish(x: Tensor) -> Tensor:
    return x * torch.sigmoid(x)


def group_norm(config: IcetkConfig, channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(config.groups, channels, eps=config.epsilon)


class ResidualBlock(nn.Module):
    """Norm, swish, convolution, twice; the skip is a 1x1 convolution where the width changes."""

    def __init__(self, config: IcetkConfig, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1 = group_norm(config, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = group_norm(config, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.nin_shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        inner = self.conv1(swish(self.norm1(x)))
        inner = self.conv2(swish(self.norm2(inner)))
        return inner + (x if self.nin_shortcut is None else self.nin_shortcut(x))


class AttentionBlock(nn.Module):
    """One head over all positions, its queries taken in chunks so that the memory is bounded.

    A softmax row needs only its own scores, so the chunks change nothing but the memory.
    """

    def __init__(self, config: IcetkConfig, channels: int) -> None:
        super().__init__()
        self.norm = group_norm(config, channels)
        self.q = nn.Conv2d(channels, channels, 1)
        self.k = nn.Conv2d(channels, channels, 1)
        self.v = nn.Conv2d(channels, channels, 1)
        self.proj_out = nn.Conv2d(channels, channels, 1)
        self.queries_at_once: int | None = QUERIES_AT_ONCE  # None: all of them

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x)
        query = self.q(normed).flatten(2).transpose(1, 2) * x.shape[1] ** -0.5  # [N, HW, C]
        key = self.k(normed).flatten(2)  # [N, C, HW]
        value = self.v(normed).flatten(2).transpose(1, 2)  # [N, HW, C]
        rows = query.split(self.queries_at_once or query.shape[1], dim=1)
        found = torch.cat([torch.softmax(part @ key, dim=-1) @ value for part in rows], dim=1)
        return x + self.proj_out(found.transpose(1, 2).reshape(x.shape))


class Downsample(nn.Module):
    """Halves rows and columns: zeros at right and bottom, then a 3x3 convolution of stride 2."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(functional.pad(x, (0, 1, 0, 1)))


class Upsample(nn.Module):
    """Doubles rows and columns: nearest neighbour, then a 3x3 convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(functional.interpolate(x, scale_factor=2.0, mode="nearest"))


class LevelAdapter(nn.Module):
    """Halves the encoder's output for the next compress rate: a 2x2 mean plus a convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_down_sampler = Downsample(channels)

    def forward(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(x, 2) + self.conv_down_sampler(x)


class Middle(nn.Module):
    """Between the narrowing and the widening half of encoder or decoder."""

    def __init__(self, config: IcetkConfig, channels: int) -> None:
        super().__init__()
        self.block_1 = ResidualBlock(config, channels, channels)
        self.attn_1 = AttentionBlock(config, channels)
        self.block_2 = ResidualBlock(config, channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.block_2(self.attn_1(self.block_1(x)))


class Resolution(nn.Module):
    """The residual blocks of one resolution and, behind them, a change of resolution."""

    def __init__(self, config: IcetkConfig, inputs: int, outputs: int, count: int) -> None:
        super().__init__()
        widths = [inputs] + [outputs] * (count - 1)
        self.block = nn.ModuleList(ResidualBlock(config, width, outputs) for width in widths)
        self.downsample: Downsample | None = None
        self.upsample: Upsample | None = None

    def forward(self, x: Tensor) -> Tensor:
        for block in self.block:
            x = block(x)
        change = self.downsample or self.upsample
        return x if change is None else change(x)
