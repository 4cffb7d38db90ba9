"""The discriminators of the video GAN, one for each level: scaffolding that only training needs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from training.study.caption_encoder import CaptionEncoder
from training.study.frame_subsampling import level_frames
from training.study.video_generator import BASE, SLOPE, VideoGanConfig

CLIP = 64  # features of a clip
LEAST = 16  # channels of a map


class VideoDiscriminators(nn.Module):
    """One discriminator a level (arXiv 1811.09245), and the encoder of captions they share."""

    def __init__(self, config: VideoGanConfig) -> None:
        super().__init__()
        self.caption = CaptionEncoder(
            config.vocabulary, config.pad_id, config.text_slots, config.text
        )
        counts = level_frames(config.frames, len(config.sides))
        self.levels = nn.ModuleList(
            LevelDiscriminator(config, side, count)
            for side, count in zip(config.sides, counts, strict=True)
        )

    def features(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Frames [B, n, 3, side, side] of every level -> features [B, CLIP] of every level."""
        return [judge(frames) for judge, frames in zip(self.levels, levels, strict=True)]

    def scores(self, features: Sequence[Tensor], ids: Tensor) -> Tensor:
        """How real the clips look beside the captions ids [B, S], [B, levels], unbounded.

        Features are taken apart from captions, so a second caption of the same clips is cheap.
        """
        caption = self.caption(ids)
        pairs = zip(self.levels, features, strict=True)
        return torch.stack([judge.score(found, caption) for judge, found in pairs], dim=1)


class LevelDiscriminator(nn.Module):
    """Convolutions of stride 2 on every frame by itself, then all frames together as channels.

    At 4 x 4 cells the whole clip is seen at once, so the order of an action's stages is. Spectral
    normalisation (arXiv 1802.05957) bounds every layer; the caption is compared with the features
    by projection (arXiv 1802.05637).
    """

    def __init__(self, config: VideoGanConfig, side: int, frames: int) -> None:
        super().__init__()
        width, widths = config.width * 4 // 3, [3]
        while side > BASE:
            side //= 2
            widths.append(max(LEAST, width * BASE // side))
        self.downs = nn.ModuleList(
            spectral_norm(nn.Conv2d(start, end, 4, stride=2, padding=1))
            for start, end in pairwise(widths)
        )
        self.together = spectral_norm(nn.Conv2d(frames * width, width, 1))
        self.clip = spectral_norm(nn.Linear(width * BASE**2, CLIP))
        self.realness = spectral_norm(nn.Linear(CLIP, 1))
        self.match = spectral_norm(nn.Linear(config.text, CLIP, bias=False))

    def forward(self, frames: Tensor) -> Tensor:
        """Frames [B, n, 3, side, side] -> features [B, CLIP]."""
        maps = frames.flatten(0, 1)
        for down in self.downs:
            maps = functional.leaky_relu(down(maps), SLOPE)
        together = maps.reshape(len(frames), -1, BASE, BASE)
        together = functional.leaky_relu(self.together(together), SLOPE)
        return functional.leaky_relu(self.clip(together.flatten(1)), SLOPE)

    def score(self, features: Tensor, caption: Tensor) -> Tensor:
        """features [B, CLIP], caption [B, E] -> [B]."""
        return self.realness(features)[:, 0] + (features * self.match(caption)).sum(1)
