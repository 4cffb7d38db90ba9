"""The evaluator's network: a small 2-D CNN per frame, then a look at the neighbouring frames.

It is told neither the frame rate nor which moment of the clip a frame is: a stage or an action must
be seen, not inferred from the clock. So any number of frames may be given, from one on.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.evaluation.labels import LabelSet
from training.vqvae.model import PixelNorm, ResidualBlock

STEM = 4  # pixels per side that the first layer handles as channels


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes; they are part of the cached evaluator's name."""

    pixels: int = 96
    widths: tuple[int, int, int] = (48, 112, 192)  # at a quarter, an eighth, a sixteenth
    frame_features: int = 256
    features: int = 128  # of a clip, the penultimate layer


@dataclass(frozen=True)
class Scores:
    """Raw outputs of B clips of F frames."""

    fields: dict[str, Tensor]  # logits [B, classes] of every clip label
    stages: Tensor  # logits [B, F, stages], from the frame and two neighbours on each side
    subjects: Tensor  # logits [B, F, subjects], from the frame alone
    boxes: Tensor  # [B, F, 4], from the frame alone
    rate: Tensor  # [B], log2 of the frames per second that the motion looks like
    features: Tensor  # [B, features]


class FrameEncoder(nn.Sequential):
    """Frames [N, 3, P, P] in 0..1 -> features [N, D]; keeps where things are."""

    def __init__(self, config: NetworkConfig) -> None:
        fine, middle, coarse = config.widths
        cells = (config.pixels // (STEM * 4)) ** 2
        super().__init__(
            nn.PixelUnshuffle(STEM),
            nn.Conv2d(3 * STEM**2, fine, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(fine, middle, 2, stride=2),
            ResidualBlock(middle),
            PixelNorm(),
            nn.Conv2d(middle, coarse, 2, stride=2),
            ResidualBlock(coarse),
            PixelNorm(),
            nn.SiLU(),
            _Summary(coarse, cells, config.frame_features),
        )

    def forward(self, frames: Tensor) -> Tensor:
        return super().forward(frames * 2 - 1)


class _Summary(nn.Module):
    """A map [N, C, h, w] -> features [N, D]: mean, maximum, and a narrow map with its places."""

    def __init__(self, channels: int, cells: int, features: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels, 24, 1)
        self.mix = nn.Linear(2 * channels + 24 * cells, features)

    def forward(self, x: Tensor) -> Tensor:
        parts = (x.mean((2, 3)), x.amax((2, 3)), self.narrow(x).flatten(1))
        return functional.silu(self.mix(torch.cat(parts, 1)))


class _Neighbours(nn.Module):
    """Adds what the frame before and the frame after show; [B, F, D] -> [B, F, D]."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.mix = nn.Linear(3 * features, features)
        self.out = nn.Linear(features, features)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: Tensor) -> Tensor:
        # The ends repeat, so that nothing tells a first frame from a later one.
        before = torch.cat([x[:, :1], x[:, :-1]], 1)
        after = torch.cat([x[:, 1:], x[:, -1:]], 1)
        inner = functional.silu(self.mix(torch.cat([before, x, after], 2)))
        return x + self.out(inner)


class EvaluatorNetwork(nn.Module):
    """Clips [B, F, 3, P, P] in 0..1 -> Scores. The labels say what the heads tell apart."""

    def __init__(self, config: NetworkConfig, labels: LabelSet) -> None:
        super().__init__()
        self.pixels = config.pixels
        classes = {field: len(names) for field, names in labels.classes.items()}
        wide, narrow = config.frame_features, config.features
        self.encoder = FrameEncoder(config)
        self.neighbours = nn.Sequential(_Neighbours(wide), _Neighbours(wide))
        self.stage_head = nn.Linear(wide, classes["stage"])
        self.subject_head = nn.Linear(wide, classes["subject"])
        self.box_head = nn.Linear(wide, 4)
        self.clip = nn.Linear(2 * wide, narrow)
        self.rate_head = nn.Linear(narrow, 1)
        self.heads = nn.ModuleDict({f: nn.Linear(narrow, classes[f]) for f in labels.fields})

    def forward(self, clips: Tensor) -> Scores:
        batch, count = clips.shape[:2]
        images = clips.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        frames = self.encoder(images).view(batch, count, -1)
        seen = self.neighbours(frames)
        pooled = torch.cat([seen.mean(1), seen.amax(1)], 1)
        features = functional.silu(self.clip(pooled))
        return Scores(
            fields={field: head(features).float() for field, head in self.heads.items()},
            stages=self.stage_head(seen).float(),
            subjects=self.subject_head(frames).float(),
            boxes=self.box_head(frames).float(),
            rate=self.rate_head(features)[:, 0].float(),
            features=features.float(),
        )
