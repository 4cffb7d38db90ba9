"""Which frames of a clip each level of the video GAN works on.

"Train Sparsely, Generate Densely" (arXiv 1811.09245): every level doubles the frames' side and, in
training only, keeps every second frame from a random first one on. So each level costs about as
much as the one before it, and all of them span the whole clip.
"""

from __future__ import annotations

import torch
from torch import Tensor

STRIDE = 2  # frames of a level per frame that the next one keeps


def level_frames(frames: int, levels: int) -> tuple[int, ...]:
    """Frames of each level in training: of 33 frames, four levels see 16, 8, 4 and 2."""
    counts = tuple(frames // STRIDE ** (level + 1) for level in range(levels))
    if not counts or counts[-1] < 1:
        raise ValueError(f"{frames} frames are too few for {levels} levels")
    return counts


def draw_picks(
    frames: int, levels: int, clips: int, generator: torch.Generator | None = None
) -> list[Tensor]:
    """For each level int64 [clips, n]: which frames of the level before it every clip keeps.

    First frames are drawn for each clip, among all that fit.
    """
    picks, before = [], frames
    for count in level_frames(frames, levels):
        places = before - STRIDE * (count - 1)  # where the first frame may lie
        first = torch.randint(places, (clips, 1), generator=generator)
        picks.append(first + STRIDE * torch.arange(count))
        before = count
    return picks


def picked_times(picks: list[Tensor]) -> list[Tensor]:
    """The same as frame numbers of the whole clip, int64 [clips, n] for each level."""
    times = [picks[0]]
    for pick in picks[1:]:
        times.append(times[-1].gather(1, pick))
    return times


def pick_frames(maps: Tensor, pick: Tensor) -> Tensor:
    """maps [B, T, ...], pick int64 [B, n] -> [B, n, ...]."""
    return maps[torch.arange(len(maps))[:, None], pick]
